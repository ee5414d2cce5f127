"""Workers report to a server that is killed, halted and restarted, and every outcome is counted."""
