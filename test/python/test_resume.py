"""SIGKILL in the middle of training, and the same weights to the bit; orderly stops; one trainer at a time."""

import json
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import time

import pytest
import tiny
from flywheel_trainer import progress as progress_module
from flywheel_trainer.lease import Lease, start_time
from flywheel_trainer.run import main
from test_stages import LORA, job_of

# Children are forked from a process that has imported everything once.
PROCESSES = multiprocessing.get_context('forkserver')
PROCESSES.set_forkserver_preload(['tiny', *(f'flywheel_trainer.{kind}' for kind in tiny.SETTINGS)])

CASES = [(kind, None) for kind in tiny.SETTINGS] + [('sft', LORA), ('dpo', LORA), ('ppo', LORA)]


def kill(folder, at: int) -> None:
    child = PROCESSES.Process(target=tiny.run_and_die, args=(str(folder), at))
    child.start()
    child.join(600)
    assert child.exitcode == -signal.SIGKILL


@pytest.mark.parametrize(('kind', 'lora'), CASES, ids=[f'{kind}{"-lora" if lora else ""}' for kind, lora in CASES])
def test_a_killed_job_ends_with_the_same_weights(kind, lora, tmp_path, base, reward_model, monkeypatch):
    log_every_step(monkeypatch)
    settings = {'lora': lora} if lora else {}
    whole = job_of(kind, tmp_path / 'whole', base, reward_model, settings=settings)
    expected = tiny.run(whole)

    folder = tmp_path / 'killed'
    job_of(kind, folder, base, reward_model, settings=settings)
    kill(folder, at=6)
    checkpoints = folder / 'checkpoints'
    assert (checkpoints / 'checkpoint-4').is_dir() and not (folder / 'result.json').exists()
    # What a kill during the next checkpoint would have left.
    shutil.copytree(checkpoints / 'checkpoint-4', checkpoints / 'checkpoint-8')
    (checkpoints / 'checkpoint-8' / 'trainer_state.json').write_text('{"global_st')

    before = len(tiny.progress(folder)) if (folder / 'progress.jsonl').exists() else 0
    result = tiny.run(folder)
    assert [line['step'] for line in tiny.progress(folder)[before:]] == list(range(5, 13)), 'it went on'
    weights = [path / 'model' / 'model.safetensors' for path in (whole, folder)]
    assert weights[0].read_bytes() == weights[1].read_bytes()
    assert result['steps'] == expected['steps'] == 12
    assert (checkpoints / 'broken-checkpoint-8').is_dir()


def test_a_job_killed_before_its_result_only_publishes(tmp_path, base):
    folder = tiny.make_job(tmp_path / 'job', 'sft', base)
    first = tiny.run(folder)
    (folder / 'result.json').unlink()
    lines = len(tiny.progress(folder))
    again = tiny.run(folder)
    assert again['sha256'] == first['sha256'] and again['metrics'] == first['metrics'] and again['steps'] == 12
    assert len(tiny.progress(folder)) == lines


@pytest.mark.parametrize('kind', ['sft', 'ppo', 'pretrain'])
def test_sigterm_stops_at_a_checkpoint_and_the_job_goes_on(kind, tmp_path, base, reward_model, monkeypatch, capsys):
    log_every_step(monkeypatch)
    whole = job_of(kind, tmp_path / 'whole', base, reward_model)
    tiny.run(whole)
    folder = job_of(kind, tmp_path / 'stopped', base, reward_model)
    with monkeypatch.context() as patch:
        real = progress_module.Progress.write

        def write(self, step, *rest):
            real(self, step, *rest)
            if step == 3:
                os.kill(os.getpid(), signal.SIGTERM)

        patch.setattr(progress_module.Progress, 'write', write)
        assert main([str(folder)]) == 75
    stopped = tiny.progress(folder)[-1]['step']
    assert 3 <= stopped <= 4 and 'SIGTERM' in capsys.readouterr().err
    assert (folder / 'checkpoints' / f'checkpoint-{stopped}').is_dir()
    assert not (folder / 'error.json').exists() and not (folder / 'lock.json').exists()
    tiny.run(folder)
    assert (folder / 'model' / 'model.safetensors').read_bytes() == (whole / 'model' / 'model.safetensors').read_bytes()


def log_every_step(monkeypatch) -> None:
    from flywheel_trainer import pretrain

    monkeypatch.setattr(pretrain, 'LOG_EVERY', 1)


def test_a_stop_file_or_an_abandoned_claim_ends_the_job(tmp_path, base):
    folder = tiny.make_job(tmp_path / 'job', 'sft', base, lease={'grace_seconds': 0.001})
    (folder / 'stop').touch()
    assert main([str(folder)]) == 75
    (folder / 'stop').unlink()
    (folder / 'claim').touch()
    assert main([str(folder)]) == 75
    (folder / 'claim').unlink()
    tiny.run(folder)


def test_a_clock_that_is_set_does_not_end_a_job(tmp_path, base, monkeypatch):
    folder = tiny.make_job(tmp_path / 'job', 'sft', base, lease={'grace_seconds': 60})
    (folder / 'claim').touch()
    now = time.time
    monkeypatch.setattr(time, 'time', lambda: now() + 3600)
    tiny.run(folder)


def test_checkpoints_of_another_job_are_not_taken(tmp_path, base):
    folder = tiny.make_job(tmp_path / 'job', 'sft', base)
    tiny.run(folder)
    (folder / 'result.json').unlink()
    tiny.make_job(folder, 'sft', base, settings={'learning_rate': 1e-4})
    assert 'checkpoints of another job.json' in tiny.error_of(folder)['message']
    tiny.make_job(folder, 'sft', base, settings={'learning_rate': 1e-4}, resume=False)
    assert tiny.run(folder)['steps'] == 12


def test_a_checkpoint_of_another_folder_may_be_named(tmp_path, base):
    first = tiny.make_job(tmp_path / 'first', 'sft', base)
    tiny.run(first)
    second = tiny.make_job(tmp_path / 'second', 'sft', base, resume_from=str(first / 'checkpoints' / 'checkpoint-8'))
    tiny.run(second)
    assert tiny.progress(second)[0]['step'] == 9
    assert (second / 'model' / 'model.safetensors').read_bytes() == (first / 'model' / 'model.safetensors').read_bytes()


class TestLease:
    """Who may run a folder."""

    def hold(self, folder, **owner) -> None:
        (folder / 'lock.json').write_text(json.dumps({'host': socket.gethostname(), **owner}))

    def test_a_live_process_keeps_the_folder(self, tmp_path, base, capsys):
        folder = tiny.make_job(tmp_path / 'job', 'sft', base)
        other = subprocess.Popen(['sleep', '60'])
        try:
            self.hold(folder, pid=other.pid, start=start_time(other.pid))
            assert main([str(folder)]) == 76
            assert f'process {other.pid} on' in capsys.readouterr().err and not (folder / 'error.json').exists()
            self.hold(folder, pid=other.pid, start=start_time(other.pid) - 1)  # the pid was used again
            with Lease(folder):
                assert json.loads((folder / 'lock.json').read_text())['pid'] == os.getpid()
        finally:
            other.kill()
            other.wait()
        assert not (folder / 'lock.json').exists()

    def test_a_dead_process_does_not(self, tmp_path):
        child = subprocess.Popen(['sleep', '60'])
        start = start_time(child.pid)
        child.kill()
        child.wait()
        for known in (start, None):  # None: it was dead before anybody looked
            self.hold(tmp_path, pid=child.pid, start=known)
            with Lease(tmp_path):
                pass

    def test_another_host_is_waited_for_by_age(self, tmp_path):
        self.hold(tmp_path, host='elsewhere', pid=1, start=1)
        assert main([str(tmp_path)]) == 76
        os.utime(tmp_path / 'lock.json', (time.time() - 31, time.time() - 31))
        with Lease(tmp_path):
            pass

    def test_the_lock_is_renewed_and_its_loss_is_noticed(self, tmp_path, monkeypatch):
        monkeypatch.setattr('flywheel_trainer.lease.RENEW_SECONDS', 0.02)
        lock = tmp_path / 'lock.json'
        with Lease(tmp_path) as lease:
            first = lock.stat().st_mtime_ns
            self._wait_until(lambda: lock.stat().st_mtime_ns > first)
            assert json.loads(lock.read_text())['start'] == start_time(os.getpid())
            assert lease.stop_reason() is None
            os.replace(self._foreign(tmp_path), lock)
            self._wait_until(lambda: lease.stop_reason() == 'the lock was taken over')
        assert json.loads(lock.read_text())['host'] == 'elsewhere', 'the new owner keeps it'

    def test_a_lock_taken_over_while_it_is_renewed_stays_with_its_new_owner(self, tmp_path, monkeypatch):
        monkeypatch.setattr('flywheel_trainer.lease.RENEW_SECONDS', 0.02)
        touch, lock = os.utime, tmp_path / 'lock.json'

        def taken_over_first(file):
            os.replace(self._foreign(tmp_path), lock)
            touch(file)

        with Lease(tmp_path) as lease:
            monkeypatch.setattr(os, 'utime', taken_over_first)
            self._wait_until(lambda: lease.stop_reason() == 'the lock was taken over')
        assert json.loads(lock.read_text())['host'] == 'elsewhere'

    def test_a_lock_renewed_while_it_is_cleared_is_given_back(self, tmp_path, monkeypatch):
        lock = tmp_path / 'lock.json'
        os.replace(self._foreign(tmp_path), lock)
        os.utime(lock, (0, 0))
        rename = os.rename

        def renewed_first(source, to):
            os.utime(lock)
            rename(source, to)

        monkeypatch.setattr(os, 'rename', renewed_first)
        assert main([str(tmp_path)]) == 76
        assert json.loads(lock.read_text())['host'] == 'elsewhere'

    def _wait_until(self, is_so) -> None:
        ends = time.monotonic() + 120
        while not is_so():
            assert time.monotonic() < ends
            time.sleep(0.01)

    def _foreign(self, folder):
        path = folder / 'foreign'
        path.write_text(json.dumps({'host': 'elsewhere', 'pid': 1, 'start': 1}))
        return path
