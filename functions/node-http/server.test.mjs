import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { server } from './server.mjs';

const http = server();
let base;

before(async () => {
  await new Promise((listening) => http.listen(0, '127.0.0.1', listening));
  base = `http://127.0.0.1:${http.address().port}`;
});
after(() => {
  http.close();
  http.closeAllConnections();
});

const post = (path, body) => fetch(base + path, { method: 'POST', body });

test('hello and health answer', async () => {
  assert.equal(await (await fetch(`${base}/`)).text(), 'hello world\n');
  assert.equal(await (await fetch(`${base}/health?probe=1`)).text(), '{"status":"healthy","version":"1.0.0"}');
});

test('echo keeps all 64 bits of an id, and what looks like a number inside a string', async () => {
  const body = '{"id":18446744073709551615,"user_agent":"u \\" 12345678901234567890","metadata":["9007199254740993"]}';
  const text = await (await post('/echo', body)).text();
  assert.match(text, /^\{"id":18446744073709551615,"user_agent":"u \\" 12345678901234567890","metadata":\["9007199254740993"\],/);
  assert.equal(JSON.parse(text).request, body);
});

test('echo refuses what is not its request', async () => {
  for (const body of ['', '[]', '{', 'null', '{"id":01,"user_agent":"u","metadata":[]}', '{"id":18446744073709551616,"user_agent":"u","metadata":[]}',
    '{"id":"1","user_agent":"u","metadata":[]}', '{"id":1,"user_agent":"u","metadata":[1]}', '{"id":1,"user_agent":"u"}']) {
    assert.equal((await post('/echo', body)).status, 400, body);
  }
});

test('api hashes as often as it is asked to', async () => {
  const text = await (await post('/api', '{"id":1,"payload":"abc","rounds":1}')).text();
  assert.equal(text, '{"id":1,"rounds":1,"sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}');
  for (const rounds of ['0', '10001', '1.5', '-1', '"1"']) {
    assert.equal((await post('/api', `{"id":1,"payload":"","rounds":${rounds}}`)).status, 400, rounds);
  }
});

test('what is not served is refused', async () => {
  assert.equal((await fetch(`${base}/nowhere`)).status, 404);
  assert.equal((await fetch(`${base}/constructor`)).status, 404);
  const refused = await fetch(`${base}/echo`);
  assert.equal(refused.status, 405);
  assert.equal(refused.headers.get('allow'), 'POST');
  assert.equal((await post('/echo', ' '.repeat((1 << 20) + 1))).status, 413);
});
