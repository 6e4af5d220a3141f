// The Test Anything Protocol in a few lines: what the Node programs beside this file print.
import { isDeepStrictEqual, inspect } from 'node:util';

let count = 0;
let failed = 0;

export function ok(passed, name, note = '') {
  count++;
  if (!passed) failed++;
  console.log(`${passed ? 'ok' : 'not ok'} ${count} - ${name}`);
  if (!passed && note) console.log(note.replace(/^/gm, '# '));
}

export function is(have, want, name) {
  ok(isDeepStrictEqual(have, want), name, `have ${inspect(have)}, want ${inspect(want)}`);
}

export function done() {
  console.log(`1..${count}`);
  process.exitCode = failed > 0 ? 1 : 0;
}
