// SPDX-License-Identifier: Apache-2.0
// busy.js SECONDS: calls by known names, some of which V8 compiles and some of which it only interprets.
function inner(count) {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Math.sqrt(i);
  return sum;
}

class Worker {
  method(count) {
    return inner(count);
  }
}

const end = Date.now() + Number(process.argv[2] ?? 2) * 1000;
let total = 0;
while (Date.now() < end) total += new Worker().method(20_000);
process.exitCode = total > 0 ? 0 : 1;
