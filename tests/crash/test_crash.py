"""SIGKILL before and after every write, fsync, rename, unlink, mkdir and commit of the main job; then start again.

After each: 0 pages lost, doubled or mixed; 0 receipt numbers lost or doubled; nothing left over. The control
takes the file out of the lane before its pages are stored, and must be caught losing some.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from intake import steps
from intake.database import open_database
from intake.steps import Adopt, Job
from intake.vault import remove
from tests.crash import scene, trial

SHARDS = 8
"""The points are dealt out among so many tests, so that they run side by side."""
MIGRATION_STRIDE = 3


@pytest.fixture
def room() -> Iterator[Path]:
    """A folder in memory where there is one: what SIGKILL leaves behind is the same, and fsync costs nothing."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with papers in its lanes and an empty database. Playing once first warms what all children share."""
    warm = tmp_path_factory.mktemp("warm") / "home"
    scene.lay_out(warm)
    scene.play(warm, scene.START)
    home = tmp_path_factory.mktemp("crash") / "home"
    scene.lay_out(home)
    open_database(f"sqlite:///{home / 'intake.db'}").close()
    return home


@pytest.fixture(scope="module")
def points(template: Path, tmp_path_factory: pytest.TempPathFactory) -> int:
    return trial.count_points(trial.fresh(tmp_path_factory.mktemp("count") / "home", template))


def test_the_scene_plays_to_its_end_without_a_crash(template: Path, room: Path) -> None:
    home = trial.fresh(room / "home", template)
    assert trial.count_points(home) > 300
    assert trial.judge(home).clean


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_kill_at_any_point_loses_doubles_and_mixes_nothing(
    shard: int, points: int, template: Path, room: Path
) -> None:
    wrong = {}
    killed = 0
    for point in range(1 + shard, points + 1, SHARDS):
        home = trial.fresh(room / "home", template)
        killed += trial.die_at(home, point)
        trial.play_on(home)
        verdict = trial.judge(home)
        if not verdict.clean:
            wrong[point] = verdict
    print(f"crash suite, part {shard + 1} of {SHARDS}: {killed} kills of {points} points, {len(wrong)} with a fault")
    assert not wrong
    assert killed == len(range(1 + shard, points + 1, SHARDS))


@pytest.mark.slow
def test_two_kills_in_a_row_lose_nothing(points: int, template: Path, room: Path) -> None:
    """The way back from a crash is as safe as the way there."""
    for point in range(7, points, 29):
        home = trial.fresh(room / "home", template)
        trial.die_at(home, point)
        trial.die_at(home, max(2, point // 3), started=scene.START + trial.LATER)
        trial.play_on(home, started=scene.START + 2 * trial.LATER)
        assert trial.judge(home).clean, f"killed at {point}, then at {max(2, point // 3)}"


@pytest.mark.slow
def test_a_kill_while_the_database_is_made_leaves_a_station_that_starts(room: Path) -> None:
    home = room / "home"
    for point in range(1, 20, MIGRATION_STRIDE):
        shutil.rmtree(home, ignore_errors=True)
        scene.lay_out(home)
        trial.die_at(home, point)
        trial.play_on(home)
        assert trial.judge(home).clean, f"killed at {point}"


# --- the control -----------------------------------------------------------------------------------------


def _unlink_before_commit() -> None:
    """The fault that several products have: the file goes before its pages are stored."""
    proper = Adopt.finish

    def hasty(self: Adopt, station: object, work: object, job: Job, result: object) -> None:
        path = steps._path_of(station, work.subject)
        if path is not None:
            remove(path)
        proper(self, station, work, job, result)

    def hasty_prepare(self: Adopt, station: object, work: object) -> Job | None:
        claimed = station.ledger.claim(work.subject)
        job = proper_prepare(self, station, work) if claimed and Path(claimed.path).exists() else None
        if job is None and claimed is not None:
            steps.duties.discard(station.store.database, work)
        return job

    proper_prepare = Adopt.prepare
    Adopt.finish = hasty
    Adopt.prepare = hasty_prepare


@pytest.mark.slow
def test_the_judge_catches_a_station_that_unlinks_before_it_commits(points: int, template: Path, room: Path) -> None:
    lost = 0
    for point in range(3, points + 1, 7):
        home = trial.fresh(room / "home", template)
        trial.die_at(home, point, sabotage=_unlink_before_commit)
        trial.play_on(home, sabotage=_unlink_before_commit)
        lost += len(trial.judge(home).lost)
        if lost >= 3:
            break
    print(f"control: {lost} pages lost by point {point}")
    assert lost >= 3
