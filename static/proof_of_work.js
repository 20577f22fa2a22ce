"use strict";
// Proof of work before a sign-up: finds a number whose SHA-256, with the seed of the page, begins with enough zeros. It takes a phone a
// second or two, and a program that signs up thousands of times as long as thousands of phones. It runs in short pieces, so that the
// page stays usable, and has no part in the form: without it, the form can be sent a little later.
const K = new Int32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);

// How long a piece may take, in milliseconds, and after how many hashes the clock is looked at.
const PIECE = 12;
const BATCH = 500;

// The first word of the SHA-256 of a text of at most 55 bytes: FIPS 180-4 §6.2.
const words = new Int32Array(64);
function firstWord(text) {
  words.fill(0, 0, 16);
  for (let at = 0; at < text.length; at++) words[at >> 2] |= text.charCodeAt(at) << (24 - 8 * (at & 3));
  words[text.length >> 2] |= 0x80 << (24 - 8 * (text.length & 3));
  words[15] = text.length * 8;
  for (let at = 16; at < 64; at++) {
    const [one, two] = [words[at - 15], words[at - 2]];
    const small = ((one >>> 7) | (one << 25)) ^ ((one >>> 18) | (one << 14)) ^ (one >>> 3);
    const large = ((two >>> 17) | (two << 15)) ^ ((two >>> 19) | (two << 13)) ^ (two >>> 10);
    words[at] = words[at - 16] + small + words[at - 7] + large;
  }
  let [a, b, c, d] = [0x6a09e667, 0xbb67ae85 | 0, 0x3c6ef372, 0xa54ff53a | 0];
  let [e, f, g, h] = [0x510e527f, 0x9b05688c | 0, 0x1f83d9ab, 0x5be0cd19];
  for (let at = 0; at < 64; at++) {
    const ofE = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const one = (h + ofE + ((e & f) ^ (~e & g)) + K[at] + words[at]) | 0;
    const ofA = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const two = (ofA + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  return (a + 0x6a09e667) | 0;
}

function solve(seed, bits, done) {
  const channel = new MessageChannel();
  let number = 0;
  channel.port1.onmessage = () => {
    const end = performance.now() + PIECE;
    while (performance.now() < end) {
      for (const last = number + BATCH; number < last; number++) {
        if (Math.clz32(firstWord(`${seed}.${number}`)) >= bits) {
          channel.port1.close();
          done(String(number));
          return;
        }
      }
    }
    channel.port2.postMessage(null);
  };
  channel.port2.postMessage(null);
}

for (const box of document.querySelectorAll(".challenge")) {
  const form = box.closest("form");
  const status = box.querySelector("[role=status]");
  const { seed, bits, text } = box.dataset;
  let [isSolved, isSent] = [false, false];
  // Whoever is faster than the calculation waits for it, and need not press the button again.
  form.addEventListener("submit", (event) => {
    if (isSolved) return;
    event.preventDefault();
    isSent = true;
    status.textContent = text;
  });
  solve(seed, Number(bits), (answer) => {
    form.elements.answer.value = answer;
    isSolved = true;
    status.textContent = "";
    if (isSent) form.requestSubmit();
  });
}
