import { Agent } from 'undici';

/**
 * One pool of connections for the process. undici's own keep-alive of 4 s is kept on purpose: common servers drop idle
 * connections after 5 s, and a POST sent into a dropped connection is lost. Time-outs are the caller's alone, because
 * a reply that is not streamed sends nothing until its last token is there.
 */
export const agent = new Agent({ pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
