import { processesOf, type NamedProcess } from '../processes';
import { servesOnHost } from '../target';
import type { Problem } from './problems';
import type { Settings } from './settings';

/** Resource groups that are not there, are too small, or are asked for what does not fit together. */
export function groupProblems(config: Settings): Problem[] {
  const { all } = processesOf(config);
  const alone = all.flatMap((one) => unitProblems(config, one));
  return alone.length > 0 ? alone : [...commandProblems(config), ...togetherProblems(config)];
}

function unitProblems({ groups }: Settings, { path, label, process }: NamedProcess): Problem[] {
  const { name, units } = process.group;
  const has = groups[name];
  const at = (key: string, message: string) => [{ path: [...path, 'group', key], message }];
  if (has === undefined)
    return at('name', `there is no group "${name}"; say what it has, for example groups: { ${name}: 8 }`);
  return units > has ? at('units', `${label} needs ${units} units of ${name}, which has ${has}`) : [];
}

function commandProblems(config: Settings): Problem[] {
  const { target, arena } = config;
  const problems: Problem[] = processesOf(config).all.flatMap(({ path, process: { start, stop, ready } }) =>
    start === null && (stop !== null || ready !== null)
      ? [{ path: [...path, 'start'], message: 'is missing: what is not started here is not stopped or waited for' }]
      : [],
  );
  const serve = target?.serve;
  if (!serve?.process) return problems;
  const path = ['target', 'serve', 'process'];
  if (servesOnHost(config) && serve.process.start !== null)
    problems.push({ path: [...path, 'start'], message: 'the worker starts these servers itself; give the group only' });
  if (serve.kind === 'vllm' && serve.start !== null && arena.order !== 'phased')
    problems.push({
      path: ['arena', 'order'],
      message: 'must be phased where each checkpoint is a server that takes the group to itself (target.serve.start)',
    });
  return problems;
}

/** What is asked in the same breath must fit together: a jury's members, and where answers stream into games everybody. */
function togetherProblems(config: Settings): Problem[] {
  const { players, judges } = processesOf(config);
  return Object.entries(config.groups).flatMap(([name, has]) => {
    const on = (list: readonly NamedProcess[]) => list.filter(({ process }) => process.group.name === name);
    const units = (list: readonly NamedProcess[]) => on(list).reduce((sum, one) => sum + one.process.group.units, 0);
    const names = (list: readonly NamedProcess[]) =>
      on(list)
        .map(({ label }) => label)
        .join(', ');
    const jury = judges.find((judge) => units(judge) > has);
    if (jury)
      return [
        {
          path: jury[0]?.path.slice(0, -1) ?? [],
          message: `the members of the jury need ${units(jury)} units of ${name} together, which has ${has}`,
        },
      ];
    if (config.arena.order === 'phased') return [];
    const crowd = judges.map((judge) => [...players, ...judge]).find((list) => units(list) > has);
    return crowd
      ? [
          {
            path: ['arena', 'order'],
            message: `streamed needs ${names(crowd)} at the same time: ${units(crowd)} units of ${name}, which has ${has}; phased asks one after the other`,
          },
        ]
      : [];
  });
}
