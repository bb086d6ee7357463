import type { ManagedProcess } from './schema';
import type { Settings } from './schema/settings';

/** Something that a configuration lets run only while it is needed. */
export interface NamedProcess {
  path: (string | number)[];
  /** For messages and logs. */
  label: string;
  process: ManagedProcess;
}

type Configured = Pick<Settings, 'competitors' | 'judge' | 'evaluation' | 'target' | 'training'>;

/** Everything that comes and goes, by where it stands: those who play, those who judge (a list for each judge), the training. */
export function processesOf(config: Configured) {
  // Runs that were stored before there was such a setting have none.
  const one = (path: (string | number)[], label: string, process?: ManagedProcess | null): NamedProcess[] =>
    process ? [{ path: [...path, 'process'], label, process }] : [];
  const judgeOf = (path: string[], label: string, judge: Configured['judge']): NamedProcess[] => [
    ...one(path, label, judge.process),
    ...(judge.jury?.with ?? []).flatMap((member, index) =>
      one([...path, 'jury', 'with', index], `${label}, member ${index + 2}`, member.process),
    ),
  ];
  const players = [
    ...config.competitors.flatMap((player, index) =>
      'answers' in player ? [] : one(['competitors', index], `competitor ${player.id}`, player.process),
    ),
    ...(config.target ? one(['target', 'serve'], 'target', config.target.serve.process) : []),
  ];
  const judges = [
    judgeOf(['judge'], 'judge', config.judge),
    ...(config.evaluation.judge ? [judgeOf(['evaluation', 'judge'], 'evaluation judge', config.evaluation.judge)] : []),
  ];
  const training = one(['training'], 'training', config.training.process);
  return { players, judges, training, all: [...players, ...judges.flat(), ...training] };
}
