"""The texts of the demo: four kinds of task, each answer known or computed.

Slots in braces are filled by ``workload``: words from ``WORDS``, numbers from ``NUMBERS``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

NUMBERS: Mapping[str, range] = {
    "a": range(15, 61),
    "b": range(3, 10),
    "c": range(11, 41),
    "d": range(2, 7),
    "e": range(20, 96),
    "h": range(120, 820, 20),  # a multiple of 20, so that each percentage of it is whole
    "n": range(1000, 10_000),
    "p": range(10, 55, 5),
}

WORDS: Mapping[str, tuple[str, ...]] = {
    "city": ("Bergen", "Ghent", "Kyoto", "Leeds", "Lima", "Porto", "Quito", "Turku"),
    "company": ("Alder & Sons", "Brightmoor", "Cobalt Freight", "Nordlys", "Ostara", "Tessel"),
    "date": ("2025-03-14", "2025-06-02", "2025-09-27", "2026-01-08", "2026-04-19", "2026-11-30"),
    "name": ("Amina", "Bruno", "Chidi", "Dora", "Emil", "Farah", "Greta", "Hiro", "Ines", "Jonas"),
    "product": ("blender", "desk lamp", "headset", "kettle", "keyboard", "rucksack", "toaster"),
}

Numbers = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Labelled:
    """Texts of which each has one of a few labels: (label, text) pairs."""

    question: str
    texts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Fielded:
    """A text that names some slots; their values are to be extracted."""

    keys: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Computed:
    """A question whose answer is a whole number."""

    text: str
    answer: Callable[[Numbers], int]


CLASSIFICATIONS = (
    Labelled(
        "Is this review positive or negative?",
        (
            ("positive", "Order {n}: the {product} works like a charm, I would buy it again."),
            ("negative", "Order {n}: the {product} broke on day {b}. What a waste of money."),
            ("negative", "Order {n}: {c} days of waiting for a {product} that does not switch on."),
        ),
    ),
    Labelled(
        "Is this mail spam or legitimate?",
        (
            ("spam", "You have WON {n} dollars!!! Send your bank details to claim your {product}."),
            ("legitimate", "Hi {name}, the minutes of meeting {n} in {city} are in the folder."),
        ),
    ),
    Labelled(
        "Which language is this: german, french or spanish?",
        (
            ("german", "Die Rechnung {n} für {name} liegt seit gestern auf dem Tisch."),
            ("french", "La facture {n} de {name} est arrivée hier par la poste."),
            ("spanish", "La factura {n} de {name} llegó ayer por correo."),
        ),
    ),
    Labelled(
        "What is this headline about: sports, cooking or finance?",
        (
            ("sports", "{city} wins the final after extra time in front of {n} fans"),
            ("cooking", "{name}'s stew for {b} guests: let it simmer, season late, serve warm"),
            ("finance", "{company} issues {n} new shares as interest rates fall"),
        ),
    ),
    Labelled(
        "Is this ticket urgent or routine?",
        (
            ("urgent", "Ticket {n}: all tills in {city} are down and customers are leaving now."),
            ("routine", "Ticket {n}: when you have time, please rename the printer in {city}."),
        ),
    ),
    Labelled(
        "Which team gets this ticket: billing, shipping or technical?",
        (
            ("billing", "Ticket {n}: I was charged twice for one {product}."),
            ("shipping", "Ticket {n}: my parcel has been at the depot in {city} for {b} days."),
            ("technical", "Ticket {n}: after the update the app closes as soon as I log in."),
        ),
    ),
    Labelled(
        "Is this a question or a statement?",
        (
            ("question", "Does anybody at {company} know where invoice {n} went"),
            ("statement", "Invoice {n} went to {company} on Monday"),
        ),
    ),
    Labelled(
        "Is this message formal or informal?",
        (
            ("formal", "Dear Sir or Madam, I am writing with regard to contract {n}."),
            ("informal", "hey {name}, got ur note about {n}, c u in {city} lol"),
        ),
    ),
    Labelled(
        "What does the customer want: refund, exchange or tracking?",
        (
            ("refund", "Order {n}: please send my money back, I no longer need the {product}."),
            ("exchange", "Order {n}: the {product} is too small, I'd like the larger one instead."),
            ("tracking", "Order {n}: where is my {product} right now?"),
        ),
    ),
    Labelled(
        "Is this sentence about the past or the future?",
        (
            ("past", "{name} moved to {city} and sold {n} stamps."),
            ("future", "{name} will move to {city} and sell {n} stamps."),
        ),
    ),
    Labelled(
        "Is this comment civil or rude?",
        (
            ("civil", "Comment {n}: I see it differently, {name}, but thank you for the numbers."),
            ("rude", "Comment {n}: only a fool like {name} could write such rubbish."),
        ),
    ),
    Labelled(
        "Is this alert about weather, traffic or power?",
        (
            ("weather", "Alert {n}: gusts of {e} km/h and hail expected near {city}."),
            ("traffic", "Alert {n}: {b} km of standing cars on the ring road of {city}."),
            ("power", "Alert {n}: no electricity in the north of {city} until noon."),
        ),
    ),
    Labelled(
        "Does the writer accept or decline?",
        (
            ("accept", "Re {n}: count me in, {name}, I'll be in {city} on time."),
            ("decline", "Re {n}: sorry, {name}, I can't make it to {city} this time."),
        ),
    ),
    Labelled(
        "Which season is this: summer or winter?",
        (
            ("summer", "Postcard {n}: {name} swam in the lake and got sunburnt in {city}."),
            ("winter", "Postcard {n}: {name} scraped the ice off the car and skied near {city}."),
        ),
    ),
)

EXTRACTIONS = (
    Fielded(("name", "city"), "{name} has lived in {city} for {b} years, mostly near the harbour."),
    Fielded(("name", "company", "date"), "{name} signed the contract with {company} on {date}."),
    Fielded(("product", "n"), "Your {product} has left the warehouse; the parcel number is {n}."),
    Fielded(("company", "h"), "The invoice of {company} asks for {h} euros within {c} days."),
    Fielded(("name", "a"), "{name}, who turned {a} last week, asked for seat {n}."),
    Fielded(("city", "date"), "The fair opens in {city} on {date} and expects {n} visitors."),
    Fielded(("name", "product", "c"), "{name} ordered {c} pieces of the {product}, gift-wrapped."),
    Fielded(("company", "city"), "{company} moves its office to {city}, say {n} employees."),
    Fielded(("n", "h", "date"), "Receipt {n}: {h} euros, paid in cash on {date}."),
    Fielded(("name", "company"), "After {b} years at {company}, {name} now leads the lab."),
    Fielded(("product", "city"), "The {product} was returned to the shop in {city}, case {n}."),
    Fielded(("name", "date"), "Patient {name}, file {n}, comes back on {date} for a check."),
    Fielded(("e", "city"), "It was {e} degrees Fahrenheit in {city} at the time of call {n}."),
    Fielded(("company", "product", "h"), "{company} lists the {product} at {h} euros, code {n}."),
)

ARITHMETIC = (
    Computed("What is {a} * {b} + {c}?", lambda x: x["a"] * x["b"] + x["c"]),
    Computed("What is {a} * {b} - {c}?", lambda x: x["a"] * x["b"] - x["c"]),
    Computed("What is ({a} + {c}) * {d}?", lambda x: (x["a"] + x["c"]) * x["d"]),
    Computed("What is {p} % of {h}, plus {c}?", lambda x: x["h"] * x["p"] // 100 + x["c"]),
    Computed("Add up {a}, {c}, {e} and {h}.", lambda x: x["a"] + x["c"] + x["e"] + x["h"]),
    Computed("Subtract {e} from {n}.", lambda x: x["n"] - x["e"]),
    Computed("How many minutes are {b} hours and {e} minutes?", lambda x: 60 * x["b"] + x["e"]),
    Computed("How many seconds are {e} minutes and {c} seconds?", lambda x: 60 * x["e"] + x["c"]),
    Computed("How many eggs are {a} dozen and {c} more?", lambda x: 12 * x["a"] + x["c"]),
    Computed("What remains when {n} is divided by {b}?", lambda x: x["n"] % x["b"]),
    Computed("What is {e} squared, minus {c}?", lambda x: x["e"] ** 2 - x["c"]),
    Computed("Double {n}, then take away {e}.", lambda x: 2 * x["n"] - x["e"]),
)

WORD_PROBLEMS = (
    Computed(
        "{name} packs {a} boxes of {b} mugs; {c} mugs break. How many mugs are whole?",
        lambda x: x["a"] * x["b"] - x["c"],
    ),
    Computed(
        "A bus leaves with {e} people. At each of {d} stops {b} get on and 2 get off. "
        "How many are on it then?",
        lambda x: x["e"] + x["d"] * (x["b"] - 2),
    ),
    Computed(
        "{name} earns {a} euros an hour, works {b} hours and spends {c} euros. What is left?",
        lambda x: x["a"] * x["b"] - x["c"],
    ),
    Computed(
        "A coat at {h} euros is reduced by {p} %, then altering it costs {c} euros. "
        "What does it cost in all?",
        lambda x: x["h"] - x["h"] * x["p"] // 100 + x["c"],
    ),
    Computed(
        "One shelf holds {a} books, the next {b} times as many, the last {c} fewer than that. "
        "How many books are there?",
        lambda x: x["a"] + 2 * x["a"] * x["b"] - x["c"],
    ),
    Computed(
        "A tank holds {h} litres. For {b} minutes, {a} litres a minute flow in and {d} leak out. "
        "How many litres are in it then?",
        lambda x: x["h"] + x["b"] * (x["a"] - x["d"]),
    ),
    Computed(
        "{name} reads {a} pages a day for {b} days and {c} pages a day for {d} more. How many?",
        lambda x: x["a"] * x["b"] + x["c"] * x["d"],
    ),
    Computed(
        "A class of {a} collects {b} euros each, the school adds {h} and a coach costs {c}. "
        "What is left?",
        lambda x: x["a"] * x["b"] + x["h"] - x["c"],
    ),
    Computed(
        "{name} is {c} years old; her aunt is {b} years more than twice that. "
        "How old are they together?",
        lambda x: 3 * x["c"] + x["b"],
    ),
    Computed(
        "A plan costs {c} euros a month and {b} cents a minute. What do {h} minutes cost "
        "in one month, in cents?",
        lambda x: 100 * x["c"] + x["h"] * x["b"],
    ),
    Computed(
        "{name} rides {a} km on the first day and {d} km more each day. How far in {b} days?",
        lambda x: x["a"] * x["b"] + x["d"] * x["b"] * (x["b"] - 1) // 2,
    ),
    Computed(
        "{a} helpers plant {b} trees a day each. After {d} days {c} trees have died. "
        "How many stand?",
        lambda x: x["a"] * x["b"] * x["d"] - x["c"],
    ),
    Computed(
        "A garden is {a} m long and {b} m wide. A fence costs {d} euros a metre, the gate {c} "
        "euros more. What is the bill?",
        lambda x: 2 * (x["a"] + x["b"]) * x["d"] + x["c"],
    ),
    Computed(
        "{name} saves {c} euros a week for {a} weeks and then buys {d} tickets of {b} euros. "
        "What is left?",
        lambda x: x["c"] * x["a"] - x["d"] * x["b"],
    ),
)

ANALYSES = (
    Computed(
        "Supplier {company} in {city} offers {a} units at {b} euros each plus {h} euros for the "
        "delivery. A second supplier asks {d} euros more per unit and delivers for free. "
        "What is the total of the cheaper offer?",
        lambda x: min(x["a"] * x["b"] + x["h"], x["a"] * (x["b"] + x["d"])),
    ),
    Computed(
        "A flat hosting plan costs {company} {h} euros a month. The other plan costs {b} euros a "
        "month for each of its {a} users. Over one year, how many euros lie between the two?",
        lambda x: 12 * abs(x["h"] - x["a"] * x["b"]),
    ),
    Computed(
        "{company} can buy a machine for {h} euros that costs {c} euros a day to run, or rent one "
        "at {b} euros a day more, with nothing to pay up front. It is needed for {e} days. "
        "What does the cheaper way cost?",
        lambda x: min(x["h"] + x["c"] * x["e"], (x["c"] + x["b"]) * x["e"]),
    ),
    Computed(
        "The northern round of a courier in {city} has {a} stops of {b} minutes and {h} minutes "
        "of driving. The southern round has {c} stops of {b} minutes and {e} minutes more on the "
        "road. How many minutes does the shorter round take?",
        lambda x: min(x["a"] * x["b"], x["c"] * x["b"] + x["e"]) + x["h"],
    ),
    Computed(
        "{name} has two offers. {company} pays {n} euros a month, and the train costs {h} euros a "
        "month. A shop in {city} pays {e} euros less, and {name} could walk. "
        "How much more does the better offer leave in a month?",
        lambda x: abs(x["h"] - x["e"]),
    ),
    Computed(
        "A campaign of {company} costs {h} euros and brings {a} customers worth {c} euros each. "
        "Another costs twice as much and brings {e} customers worth the same. "
        "What is the profit of the better campaign in euros?",
        lambda x: max(x["a"] * x["c"] - x["h"], x["e"] * x["c"] - 2 * x["h"]),
    ),
    Computed(
        "Two depots of {company} start with {n} parts each. The one in {city} uses {e} parts a day "
        "and gets {h} once; the other uses {c} a day and gets none. After ten days, "
        "how many parts does the fuller depot hold?",
        lambda x: max(x["n"] - 10 * x["e"] + x["h"], x["n"] - 10 * x["c"]),
    ),
    Computed(
        "An office in {city} has {a} lamps of {e} watts that burn {b} hours a day. "
        "{company} offers lamps of {d} watts that give the same light for the same hours. "
        "How many watt-hours a day would the change save?",
        lambda x: x["a"] * x["b"] * (x["e"] - x["d"]),
    ),
    Computed(
        "The support team in {city} closes {a} tickets a day, the one of {company} {c}. "
        "In ten days of work, customers reopen {e} tickets of the first team and none of the "
        "second. How many tickets stay closed in all?",
        lambda x: 10 * (x["a"] + x["c"]) - x["e"],
    ),
    Computed(
        "{name} borrows {h} euros for a year. One bank in {city} adds a fee of {p} % of the loan, "
        "the other one a fee of {e} euros, whatever the loan. "
        "How many euros does {name} pay back on the cheaper loan?",
        lambda x: x["h"] + min(x["h"] * x["p"] // 100, x["e"]),
    ),
    Computed(
        "One field near {city} has {a} rows that yield {b} kg each. The other has {c} rows that "
        "yield {d} kg each, and its owner {name} adds {h} kg from the year before. "
        "By how many kg do the two differ?",
        lambda x: abs(x["a"] * x["b"] - x["c"] * x["d"] - x["h"]),
    ),
    Computed(
        "{company} prints {h} pages. One printer needs {b} cents a page and a cartridge for {c} "
        "euros, the other {d} cents a page and a cartridge for {e} euros. "
        "What does the cheaper one cost in cents?",
        lambda x: min(x["h"] * x["b"] + 100 * x["c"], x["h"] * x["d"] + 100 * x["e"]),
    ),
    Computed(
        "A group of {a} people travels to {city}. The bus costs {b} euros for each of them. "
        "A hired car takes four people and costs {c} euros, and each started car counts. "
        "What is the price of the cheaper way to travel?",
        lambda x: min(x["a"] * x["b"], -(-x["a"] // 4) * x["c"]),
    ),
)
