// SPDX-License-Identifier: Apache-2.0
// Busy in two named functions, and waiting in between, for `node --cpu-prof`.
function sortNumbers() {
  const numbers = Array.from({ length: 20000 }, (_, i) => (i * 7919) % 20011);
  numbers.sort((a, b) => a - b);
  return numbers[17];
}
function countWords() {
  return 'the quick brown fox '.repeat(2000).split(' ').length;
}
async function main() {
  let sum = 0;
  for (let round = 0; round < 6; round++) {
    for (let i = 0; i < 8; i++) sum += sortNumbers();
    for (let i = 0; i < 60; i++) sum += countWords();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  console.log(sum);
}
main();
