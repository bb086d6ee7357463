/** How an OpenAI-compatible endpoint is reached. Nothing here belongs to a player's identity. */
export interface Endpoint {
  /** Base address, as far as before `/chat/completions`; it usually ends in /v1. */
  url: string;
  /** Further addresses of the same model. */
  replicas?: readonly string[];
  /** The key itself, read from the environment by the caller; null sends no Authorization header. */
  key: string | null;
  /** Calls in flight at most at each address; fewer while it refuses or queues them. */
  concurrency: number;
  /** Requests and tokens a minute at most, over all addresses; absent or null: no limit. */
  requestsPerMinute?: number | null;
  tokensPerMinute?: number | null;
  /** Milliseconds at most for one attempt, from the request's first byte to the reply's last. */
  timeoutMs: number;
  /** An attempt is given up sooner after so many times the 99th percentile of latencies lately; absent or null: never. */
  patience?: number | null;
  /** A second copy of an attempt is sent after this quantile of latencies, such as 0.98; absent or null: never. */
  hedge?: number | null;
  /** Repeats at most after the first attempt. */
  retries: number;
  /** USD per million tokens. */
  price: { input: number; output: number };
  /** The name under which the endpoint takes the limit of tokens; newer OpenAI models refuse `max_tokens`. */
  dialect?: 'max_tokens' | 'max_completion_tokens';
  /** The model's name in its replies, where that is another than the one asked for: a deployment, an alias. */
  repliesAs?: string | null;
}
