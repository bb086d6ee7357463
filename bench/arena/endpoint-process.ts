/**
 * `{latencyMs, slots, port?, prefixBlocks?}` as JSON: a scripted endpoint with a fixed service time and a fixed number of slots, so that its capacity is
 * slots / latency. It speaks HTTP/1.1 over bare sockets: what it costs is taken from the system that is measured on the same cores.
 *
 * An answer says how good its player is (`q=0.5`), and the judge decides by that, by the prompt and by chance (a hash), as Bradley-Terry has it.
 */
import { createServer, type Socket } from 'node:net';
import { createPrefixCache } from './prefix-cache';

interface Options {
  latencyMs: number;
  /** Calls served at once; the others wait in their order. Null: no limit. */
  slots: number | null;
  /** Blocks that a simulated prefix cache holds; null: none is simulated. */
  prefixBlocks?: number | null;
  port?: number;
}

/** What the endpoint has seen and cost so far; GET /stats. */
export interface EndpointStats {
  calls: number;
  answered: number;
  inFlight: number;
  peak: number;
  /** Milliseconds since 1970 of the first call and the last reply. */
  first: number;
  last: number;
}

const PADDING =
  'The comparison weighs coherence, accuracy, context and overall quality, one after the other, as it was asked for. '.repeat(
    5,
  );

const { latencyMs, slots, prefixBlocks = null, port = 0 } = JSON.parse(process.argv[2] ?? '{}') as Options;
const cache = prefixBlocks === null ? null : createPrefixCache(prefixBlocks);
const stats: EndpointStats = { calls: 0, answered: 0, inFlight: 0, peak: 0, first: 0, last: 0 };
const waiting: (() => void)[] = [];
let head = 0;
let busy = 0;

/** A number in [0, 1) that belongs to a text (FNV-1a). */
function drawn(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0) / 2 ** 32;
}

function numberBehind(text: string, mark: string): number {
  const at = text.indexOf(mark);
  return at < 0 ? 0 : Number.parseFloat(text.slice(at + mark.length, at + mark.length + 8)) || 0;
}

function replyTo(body: string): string {
  const a = body.indexOf('[Answer A]');
  const words = Math.ceil(body.length / 4);
  if (a < 0) return completion(modelOf(body), `q=${numberBehind(modelOf(body), 'q')} An answer. ${PADDING}`, words, 0);
  const b = body.indexOf('[Answer B]', a);
  const edge = numberBehind(body.slice(a, b), 'q=') - numberBehind(body.slice(b), 'q=');
  const chance = drawn(body.slice(body.indexOf('[Dialogue]')));
  const win = 1 / (1 + Math.exp(-edge));
  const [first, second] = chance < win - 0.07 ? [7, 5] : chance < win + 0.07 ? [6, 6] : [5, 7];
  const cached = cache?.take(body.slice(body.indexOf('"messages"'))) ?? 0;
  return completion(modelOf(body), `${PADDING}\\nScore A: ${first}\\nScore B: ${second}`, words, cached);
}

const modelOf = (body: string): string => /"model":"([^"]*)"/.exec(body)?.[1] ?? '';

function completion(model: string, text: string, prompt: number, cached: number): string {
  const written = Math.ceil(text.length / 4);
  const usage = `{"prompt_tokens":${prompt},"completion_tokens":${written},"total_tokens":${prompt + written},"prompt_tokens_details":{"cached_tokens":${cached}}}`;
  return `{"id":"c","object":"chat.completion","created":1,"model":"${model}","choices":[{"index":0,"message":{"role":"assistant","content":"${text}"},"finish_reason":"stop","logprobs":null}],"usage":${usage}}`;
}

function send(socket: Socket, body: string): void {
  socket.write(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function serve(socket: Socket, body: string): void {
  stats.calls++;
  stats.inFlight++;
  stats.first ||= Date.now();
  stats.peak = Math.max(stats.peak, stats.inFlight);
  const start = () => {
    busy++;
    setTimeout(() => {
      busy--;
      stats.inFlight--;
      // A client that left meanwhile has kept its slot to the end, as generation goes on where nobody cancels it.
      if (!socket.destroyed) {
        stats.answered++;
        send(socket, replyTo(body));
      }
      stats.last = Date.now();
      const next = waiting[head];
      if (next) {
        head++;
        if (head > 10_000) {
          waiting.splice(0, head);
          head = 0;
        }
        next();
      }
    }, latencyMs);
  };
  if (slots === null || busy < slots) start();
  else waiting.push(start);
}

/** One request at a time on a connection: clients here do not pipeline. */
function listen(socket: Socket): void {
  let read = '';
  socket.setNoDelay(true);
  socket.setEncoding('latin1');
  socket.on('error', () => undefined);
  socket.on('data', (chunk: string) => {
    read += chunk;
    const end = read.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/content-length: *(\d+)/i.exec(read.slice(0, end))?.[1] ?? 0);
    if (read.length < end + 4 + length) return;
    const body = read.slice(end + 4, end + 4 + length);
    const isChat = read.startsWith('POST');
    read = read.slice(end + 4 + length);
    if (isChat) serve(socket, body);
    else send(socket, JSON.stringify(stats));
  });
}

const server = createServer(listen);
server.listen({ port, host: '127.0.0.1', backlog: 4096 }, () => {
  const address = server.address();
  process.stdout.write(`${JSON.stringify({ port: typeof address === 'object' ? address?.port : null })}\n`);
});
process.once('SIGTERM', () => process.exit(0));
