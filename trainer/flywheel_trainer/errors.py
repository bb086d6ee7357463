"""The two ways in which a job ends before its result: it failed, or it was asked to stop."""

from typing import Literal

ErrorKind = Literal['bad-data', 'out-of-memory', 'missing-checkpoint', 'chat-template', 'other']


class JobError(Exception):
    """A failure with a cause and a cure, both one sentence; becomes `error.json`."""

    def __init__(self, kind: ErrorKind, message: str, cure: str):
        super().__init__(message)
        self.kind: ErrorKind = kind
        self.message = message
        self.cure = cure


class StopRequested(Exception):
    """The job wrote a checkpoint at `step` and ends with exit code 75, because of `reason`."""

    def __init__(self, step: int, reason: str):
        super().__init__(f'stopped at step {step}: {reason}')
        self.step = step
        self.reason = reason
