"""Other libraries through their own interfaces, where they are installed."""

from importlib import import_module

import pytest

from armwise.offline.contenders import roster
from armwise.offline.learner import Contender, Request, Setting
from armwise.offline.peers.features import TASK_SLOTS, WIDTH, Features
from armwise.offline.real.outcome_set import OutcomeSet
from armwise.offline.real.replay import replay

PEERS = [one for name in roster.PEERS for one in import_module(name).CONTENDERS]
BLIND_TO_COST = ("MABWiser ThompsonSampling", "river ThompsonSampling")
LOCKED_IN = ("ParetoBandit", "ParetoBandit on utility", "PyBandits SmabBernoulliCC")

OUTCOMES = OutcomeSet(
    name="made",
    paths=("small", "large"),
    requests=tuple(Request("sums" if n % 2 else "chat", "simple", n % 11, n) for n in range(400)),
    successes=tuple((float(n % 10 < 3), float(n % 10 < 9)) for n in range(400)),
    costs_usd=((0.001, 0.002),) * 400,
)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("contender", PEERS, ids=lambda contender: contender.name)
def test_a_peer_plays_and_repeats_itself(contender: Contender) -> None:
    """It chooses paths that are there, and the same ones for the same seed."""
    if not roster.is_installed(contender):
        pytest.skip(f"{contender.needs} is not installed")

    first, second = (replay(OUTCOMES, contender, 0.1, seed=4).point for _ in range(2))

    assert first == second
    assert 0.3 <= first.accuracy <= 0.9
    assert contender.about.endswith(".")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "contender",
    [one for one in PEERS if one.name not in LOCKED_IN],
    ids=lambda contender: contender.name,
)
def test_a_peer_learns_the_path_that_is_worth_its_price(contender: Contender) -> None:
    """0.9 against 0.3 at a value of fifty large requests: more than a fair die's 0.6."""
    if not roster.is_installed(contender):
        pytest.skip(f"{contender.needs} is not installed")

    accuracies = [replay(OUTCOMES, contender, 0.1, seed).point.accuracy for seed in range(3)]

    assert sum(accuracies) / 3 > 0.7


def test_features_are_one_hot_labels_score_words_and_a_constant() -> None:
    """All between 0 and about 1."""
    features = Features()

    features.vector(Request("first"))
    row = features.vector(Request("second", score=5, words=999))

    assert row.tolist() == [0, 1, *[0] * (TASK_SLOTS - 2), 0.5, 0.75, 1]
    assert len(row) == WIDTH


def test_labels_beyond_the_slots_share_the_last_one() -> None:
    """The width is fixed before the first label is seen."""
    features = Features()
    slots = [features.slot(Request(f"task {number}")) for number in range(30)]

    assert slots == [*range(TASK_SLOTS), *[TASK_SLOTS - 1] * (30 - TASK_SLOTS)]
    assert features.slot(Request("task 3")) == 3


def test_importing_peers_imports_no_library() -> None:
    """What is not installed is only missed when it is to play."""
    setting = Setting(("a", "b"), (1.0, 2.0), 1.0, 1, 10)

    for contender in PEERS:
        if not roster.is_installed(contender):
            with pytest.raises(ImportError):
                contender.build(setting)
