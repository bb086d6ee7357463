import { join } from 'node:path';
import type { Config, ManagedProcess } from '../config/schema';
import { processesOf } from '../config/processes';
import { servesOnHost } from '../config/target';
import { contentId } from '../identity';
import { competitorPlayer, judgeMembers, memberParty } from '../models/roster';
import type { ServingBackends } from '../serving/backends';
import { isHeld } from '../training/folder';
import { managedNeed } from './managed';
import { unseen, type Need } from './need';

/** Whether only one host reaches all that battles need, or anything of it comes and goes; then they are played where that runs. */
export const battlesOnHost = (config: Config): boolean => servesOnHost(config) || processesOf(config).all.length > 0;

export interface NeedDeps {
  serving: Pick<ServingBackends, 'end'>;
  /** Keeps the logs and the names of processes. */
  groupFolder: string;
}

/** What must be up before somebody of a configuration is asked; null: nothing, it is there always. */
export function needsOf(config: Config, { serving, groupFolder }: NeedDeps) {
  const managed = (label: string, process: ManagedProcess | null | undefined, urls: readonly string[]): Need | null =>
    process
      ? managedNeed({ label, process, urls: urls.filter(isHttp), total: totalOf(config, process), folder: groupFolder })
      : null;

  const target = (): Need | null => {
    if (!config.target) return null;
    const { serve } = config.target;
    const { process } = serve;
    if (!process) return null;
    if (!servesOnHost(config))
      return managed(
        'target',
        process,
        serve.kind === 'endpoint' ? [serve.url] : serve.kind === 'vllm' ? serve.urls : [],
      );
    const { name: group, units } = process.group;
    return {
      ...{ id: contentId(serve), label: 'target', group, units, total: totalOf(config, process) },
      // The serving backend starts what is asked for; here it is only made to end.
      up: () => Promise.resolve(unseen(() => serving.end(serve))),
      isBusy: () => Promise.resolve(false),
      onLease: { label: 'target', stop: null, passEnv: [], record: null, job: null },
    };
  };

  const players = new Map(
    config.competitors.flatMap((player) =>
      'answers' in player
        ? []
        : [
            [
              competitorPlayer(player).id,
              managed(`competitor ${player.id}`, player.process, [player.url, ...player.replicas]),
            ] as const,
          ],
    ),
  );
  const judges = new Map(
    [config.judge, ...(config.evaluation.judge ? [config.evaluation.judge] : [])].flatMap((judge) =>
      judgeMembers(judge).map(
        (member) =>
          [
            memberParty(member).id,
            managed(`judge ${member.model}`, member.process, [member.url, ...member.replicas]),
          ] as const,
      ),
    ),
  );

  return {
    target,
    competitor: (player: string): Need | null => players.get(player) ?? null,
    judge: (member: string): Need | null => judges.get(member) ?? null,
    /** Of the training job in a folder: its trainer may be at work though no worker watches it. */
    training(folder: string): Need | null {
      const need = managed('training', config.training.process, []);
      return (
        need && {
          ...need,
          id: contentId([need.id, folder]),
          isBusy: () => isHeld(folder),
          onLease: { ...need.onLease, job: folder },
        }
      );
    },
  };
}

const isHttp = (url: string) => /^https?:/.test(url);
const totalOf = ({ groups }: Config, { group }: ManagedProcess) => groups[group.name] ?? 0;

/** Where a worker keeps the logs and the names of the processes of its groups. */
export const groupFolderOf = (home: string): string => join(home, 'groups');
