import type { Outcome } from '../../../src/dashboard/schemas/common';
import type { RunRow } from '../../../src/dashboard/schemas/runs';
import type { Live } from '../live';
import { Badge, type Tone } from './basic';

const TONES: Readonly<Record<RunRow['status'], Tone>> = {
  starting: 'live',
  running: 'live',
  paused: 'warn',
  'needs attention': 'bad',
  done: 'good',
  closed: 'warn',
  unreachable: 'warn',
};

export const StatusBadge = ({ status }: { status: RunRow['status'] }) => <Badge tone={TONES[status]}>{status}</Badge>;

export const OUTCOME_TONES: Readonly<Record<Outcome, Tone>> = {
  win: 'good',
  loss: 'bad',
  tie: 'quiet',
  inconsistent: 'warn',
  invalid: 'warn',
  failed: 'bad',
};

/** Whether the page follows what happens. */
export const LiveDot = ({ live }: { live: Live }) => (
  <span className={`live-dot ${live}`} role="status">
    <span aria-hidden="true" className="dot" />
    {live === 'live' ? 'live' : live === 'lost' ? 'connection lost, trying again' : 'connecting'}
  </span>
);
