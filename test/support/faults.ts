import type { Sandbox } from '../../src/sandbox/server';

const addressOf = ({ url }: Sandbox) => url.replace(/\/v1$/, '/faults');

/** Orders faults of the calls to a sandbox, one or a list, until `endFaults`. @throws where it does not take one. */
export async function orderFaults(sandbox: Sandbox, faults: object): Promise<void> {
  const { status } = await fetch(addressOf(sandbox), { method: 'POST', body: JSON.stringify(faults) });
  if (status !== 200) throw new Error(`the sandbox takes no fault ${JSON.stringify(faults)}`);
}

export async function endFaults(sandbox: Sandbox): Promise<void> {
  await fetch(addressOf(sandbox), { method: 'DELETE' });
}
