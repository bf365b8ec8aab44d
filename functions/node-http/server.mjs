// The service on Node's own http module, one event loop.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const NAME = 'node-http';
const BODY_LIMIT = 1 << 20;
const QUERY_MS = 2;
const MOST_ROUNDS = 10_000n; // what one request may ask for, so that none can keep the processor for long
const MOST_ID = 2n ** 64n - 1n;
const DRAIN_MS = 5_000;

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/// JSON whose numbers are kept as written. Doubles cannot hold a 64-bit id, so every number becomes the string "n…" and
/// every string "s…" before JSON.parse sees them: it still checks the grammar, and nothing can be mistaken.
function parse(text) {
  const token = /"((?:[^"\\]|\\.)*)"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  return JSON.parse(text.replace(token, (number, string) => (string === undefined ? `"n${number}"` : `"s${string}"`)));
}

const isString = (value) => typeof value === 'string' && value[0] === 's';
const isUnsigned = (value, most) => typeof value === 'string' && /^n\d+$/.test(value) && BigInt(value.slice(1)) <= most;

function parseOr(refusal, body) {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    return { text, request: Object(parse(text)) };
  } catch {
    throw refusal;
  }
}

function echo(body) {
  const refusal = new Refusal(400, 'expected an object with id, user_agent and metadata');
  const { text, request } = parseOr(refusal, body);
  const { sid: id, suser_agent: userAgent, smetadata: metadata } = request;
  if (!isUnsigned(id, MOST_ID) || !isString(userAgent) || !Array.isArray(metadata) || !metadata.every(isString)) {
    throw refusal;
  }
  const rest = JSON.stringify({
    user_agent: userAgent.slice(1),
    metadata: metadata.map((item) => item.slice(1)),
    server_timestamp: Math.floor(Date.now() / 1000),
    processed_by: NAME,
    request: text,
  });
  return `{"id":${id.slice(1)},${rest.slice(1)}`;
}

async function api(body) {
  const refusal = new Refusal(400, 'expected an object with id, payload and rounds');
  const { sid: id, spayload: payload, srounds: rounds } = parseOr(refusal, body).request;
  if (!isUnsigned(id, MOST_ID) || !isString(payload) || !isUnsigned(rounds, MOST_ROUNDS) || rounds === 'n0') {
    throw refusal;
  }
  await wait(QUERY_MS);
  let digest = payload.slice(1);
  const times = Number(rounds.slice(1));
  for (let round = 0; round < times; ++round) digest = createHash('sha256').update(digest).digest();
  return `{"id":${id.slice(1)},"rounds":${times},"sha256":"${digest.toString('hex')}"}`;
}

const ROUTES = {
  '/': { method: 'GET', type: 'text/plain', answer: () => 'hello world\n' },
  '/health': { method: 'GET', answer: () => '{"status":"healthy","version":"1.0.0"}' },
  '/echo': { method: 'POST', answer: echo },
  '/api': { method: 'POST', answer: api },
};

/// The whole body. One that is too long is read to its end all the same, and forgotten: the client would otherwise get a
/// reset instead of the answer.
async function read(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= BODY_LIMIT) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (size > BODY_LIMIT) throw new Refusal(413, 'body too large');
  return Buffer.concat(chunks);
}

function send(response, status, type, body, headers = {}) {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body), ...headers });
  response.end(body);
}

export async function handle(request, response) {
  const route = Object.hasOwn(ROUTES, request.path) ? ROUTES[request.path] : undefined;
  try {
    const body = await read(request);
    if (!route) throw new Refusal(404, 'not found');
    if (route.method !== request.method) throw new Refusal(405, 'method not allowed');
    send(response, 200, route.type ?? 'application/json', await route.answer(body));
  } catch (error) {
    if (!(error instanceof Refusal)) return response.destroy(); // the client left in the middle of its request
    const headers = error.status === 405 ? { Allow: route.method } : {};
    send(response, error.status, 'application/json', JSON.stringify({ error: error.message }), headers);
  }
}

export function server() {
  return createServer((request, response) => {
    request.path = request.url.split('?', 1)[0];
    void handle(request, response);
  });
}

function port() {
  const text = process.env.PORT ?? '8080';
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= 65535) return number;
  console.error(`${NAME}: PORT is not a port number: '${text}'`);
  process.exit(1);
}

function main() {
  const http = server();
  http.on('error', (error) => {
    console.error(`${NAME}: ${error.message}`);
    process.exit(1);
  });
  const drain = () => {
    http.close(() => process.exit(0)); // idle connections are closed, others when they have been answered
    http.closeIdleConnections();
    setTimeout(() => process.exit(0), DRAIN_MS).unref();
  };
  process.on('SIGTERM', drain);
  process.on('SIGINT', drain);
  http.listen(port(), '0.0.0.0');
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) main();
