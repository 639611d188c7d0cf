// Verifies a log directory offline, as docs/ledger-format.md describes it. Written from that page and sharing no code
// with the rest, so that a fault has to be made twice before it goes unseen.
//
//   node verify_log.mjs DIR --vkey FILE [--policy FILE] [--against PATH]... [--receipt FILE]... [--proof FILE]...
//     [--json]
//
// Exit status: 0 good, 1 bad (each place is named), 2 could not check. It needs Node 18 or newer and nothing else;
// only cosignatures of key type 6 (ML-DSA-44) need a Node that knows that algorithm. It does not look into time-stamps.
import * as crypto from "node:crypto"; // whole, since older Nodes have no `hash`
import { existsSync, lstatSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const HASH = 32; // bytes
const TILE = 256; // hashes in a full tile, entries in a full bundle
const [ED25519, COSIGNATURE, SUBTREE] = [1, 4, 6]; // key types
const MAX_SAME = 20; // a log that was rewritten whole would otherwise name a million places

class CouldNotCheck extends Error {} // exit 2: nothing is known to be bad, and nothing is shown to be good
class Bad extends Error {} // a file that does not hold what it must

const digest =
  crypto.hash === undefined
    ? (bytes) => crypto.createHash("sha256").update(bytes).digest()
    : (bytes) => crypto.hash("sha256", bytes, "buffer"); // twice as fast
const sha256 = (...parts) =>
  digest(parts.length === 1 ? parts[0] : Buffer.concat(parts.map((part) => Buffer.from(part))));
const NODE = Buffer.alloc(1 + 2 * HASH, 1); // one buffer for all nodes: nothing else runs meanwhile
function nodeHash(left, right) {
  left.copy(NODE, 1);
  right.copy(NODE, 1 + HASH);
  return sha256(NODE);
}

const report = {
  status: "good",
  origin: null,
  size: 0,
  root: null,
  keys: [],
  witnessed: null,
  findings: [],
  unsure: [],
  notes: [],
  receipts: [],
};
const counts = new Map();

function finding(place, problem, rule = null) {
  const count = rule === null ? 0 : (counts.get(rule) ?? 0) + 1;
  if (rule !== null) counts.set(rule, count);
  if (count <= MAX_SAME) report.findings.push({ place, problem });
}
const unsure = (place, problem) => report.unsure.push({ place, problem });

// ---------------------------------------------------------------- numbers, base64, keys, notes

function decimal(text, what) {
  if (!/^(0|[1-9][0-9]{0,18})$/.test(text))
    throw new Bad(`${what} must be a decimal number, found ${JSON.stringify(text)}`);
  return BigInt(text);
}
function safe(number, what) {
  if (number > BigInt(Number.MAX_SAFE_INTEGER)) throw new Bad(`${what} is larger than any log`);
  return Number(number);
}
// Node reads anything as base64, so the one right form is asked for.
function base64(text, what) {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text) throw new Bad(`${what} is not base64 in its one right form`);
  return bytes;
}
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
function utf8(bytes) {
  try {
    return DECODER.decode(bytes);
  } catch {
    throw new Bad("is not UTF-8");
  }
}
const bytes8 = (number) => {
  const b = Buffer.alloc(8);
  b.writeBigUInt64BE(BigInt(number));
  return b;
};

// What stands before the raw public key in its SubjectPublicKeyInfo.
const DER = {
  ed25519: Buffer.from("302a300506032b6570032100", "hex"),
  "ml-dsa-44": Buffer.from("30820532300b06096086480165030403110382052100", "hex"),
};

function parseKey(line) {
  const match = /^([^+\s]+)\+([0-9a-f]{8})\+(.+)$/u.exec(line); // base64 has plus signs, too: the first two split
  if (match === null) throw new Bad(`is no verifier key line: ${JSON.stringify(line.slice(0, 80))}`);
  const [, name, id, rest] = match;
  const coded = base64(rest, "the key");
  if (sha256(name, "\n", coded).toString("hex", 0, 4) !== id)
    throw new Bad(`key id ${id} does not belong to this key of ${name}`);
  const [type, raw] = [coded[0], coded.subarray(1)];
  const algorithm = type === SUBTREE ? "ml-dsa-44" : "ed25519";
  if (![ED25519, COSIGNATURE, SUBTREE].includes(type) || raw.length !== (type === SUBTREE ? 1312 : 32)) {
    throw new Bad(`key of ${name}: expected type 1, 4 or 6 at its length, found type ${type} with ${raw.length} bytes`);
  }
  let key;
  try {
    key = crypto.createPublicKey({ key: Buffer.concat([DER[algorithm], raw]), format: "der", type: "spki" });
  } catch {
    throw new CouldNotCheck(`the key of ${name} is ${algorithm}, which this Node cannot read: take a newer Node`);
  }
  return { line, name, id, type, key };
}

// A note: text, an empty line, signature lines. The text keeps its last newline, since that is signed, too.
function parseNote(bytes) {
  const whole = utf8(bytes);
  const split = whole.lastIndexOf("\n\n");
  if (split < 0 || !whole.endsWith("\n") || split + 2 >= whole.length)
    throw new Bad("is no signed note: text, an empty line, signature lines");
  if (/[\x00-\x09\x0b-\x1f]/.test(whole)) throw new Bad("holds a control character");
  const lines = whole
    .slice(split + 2, -1)
    .split("\n")
    .map((line) => {
      const match = /^\u2014 ([^+\s]+) (\S+)$/u.exec(line);
      const value = match === null ? Buffer.alloc(0) : base64(match[2], "a signature");
      if (value.length < 5) throw new Bad(`holds a line that is no signature: ${JSON.stringify(line.slice(0, 60))}`);
      return { line, name: match[1], id: value.toString("hex", 0, 4), value: value.subarray(4) };
    });
  return { text: whole.slice(0, split + 1), lines };
}

function parseCheckpoint(bytes) {
  const note = parseNote(bytes);
  const lines = note.text.split("\n");
  if (lines.length !== 4) throw new Bad(`is no checkpoint: expected three lines of text, found ${lines.length - 1}`);
  const root = base64(lines[2], "the root");
  if (lines[1] === "0" && !root.equals(sha256("")))
    throw new Bad("is of an empty log, and its root is not that of nothing");
  if (root.length !== HASH) throw new Bad(`its root has ${root.length} bytes, not 32`);
  return { ...note, origin: lines[0], size: safe(decimal(lines[1], "its size"), "its size"), root };
}

// The bytes that a key of this type signs, and the signature behind the time where there is one.
function isSignedBy(key, line, note) {
  if (key.type === ED25519)
    return line.value.length === 64 && crypto.verify(null, Buffer.from(note.text), key.key, line.value);
  const [time, signature] = [line.value.subarray(0, 8), line.value.subarray(8)];
  if (signature.length !== (key.type === SUBTREE ? 2420 : 64)) return false;
  const named = (text) => {
    const b = Buffer.from(text);
    return Buffer.concat([Buffer.of(b.length), b]);
  };
  const signed =
    key.type === COSIGNATURE
      ? Buffer.from(`cosignature/v1\ntime ${time.readBigUInt64BE()}\n${note.text}`)
      : Buffer.concat([
          Buffer.from("subtree/v1\n\0"),
          named(key.name),
          time,
          named(note.origin),
          bytes8(0),
          bytes8(note.size),
          note.root,
        ]);
  return crypto.verify(null, signed, key.key, signature);
}
const isLineOf = (key) => (line) => line.name === key.name && line.id === key.id;

// The trusted keys with a good line. One bad line of a trusted key makes the whole note bad.
function signersOf(note, keys) {
  const good = [];
  for (const key of keys) {
    const line = note.lines.find(isLineOf(key)); // the first one counts
    if (line === undefined) continue;
    if (!isSignedBy(key, line, note)) throw new Bad(`the signature of ${key.name}+${key.id} is not good`);
    good.push(key);
  }
  return good;
}
function mustBeSigned(note, keys) {
  const signers = signersOf(note, keys);
  if (signers.length === 0) throw new Bad("is not signed by a key of this log");
  return signers;
}

// ---------------------------------------------------------------- the tree

// Every hash of a full subtree, by height: 64 bytes an entry, and any earlier root costs few hashes.
class Tree {
  levels = [];
  size = 0;
  add(leaf) {
    let [height, index, hash] = [0, this.size++, leaf];
    for (;;) {
      this.#put(height, index, hash);
      if (index % 2 === 0) return;
      hash = nodeHash(this.hash(height, index - 1), hash);
      [height, index] = [height + 1, (index - 1) / 2];
    }
  }
  #put(height, index, hash) {
    let level = this.levels[height] ?? Buffer.alloc(TILE * HASH);
    if ((index + 1) * HASH > level.length) level = Buffer.concat([level, Buffer.alloc(level.length)]);
    hash.copy(level, index * HASH);
    this.levels[height] = level;
  }
  hash(height, index) {
    return this.levels[height].subarray(index * HASH, (index + 1) * HASH);
  }
  count(height) {
    return Math.floor(this.size / 2 ** height);
  }
  // From right to left: the full subtrees that the binary digits of size name.
  root(size) {
    let root = null;
    for (let height = 0; 2 ** height <= size; height++) {
      const count = Math.floor(size / 2 ** height);
      if (count % 2 === 0) continue;
      const peak = this.hash(height, count - 1);
      root = root === null ? peak : nodeHash(peak, root);
    }
    return root ?? sha256("");
  }
}

// RFC 6962, section 2.1.1, from the leaf upwards; null when there are too few or too many hashes.
function rootOfPath(leaf, index, size, path) {
  let [hash, place, last, used] = [leaf, index, size - 1n, 0];
  for (; last > 0n; place >>= 1n, last >>= 1n) {
    if (place % 2n === 0n && place === last) continue; // the last of an uneven level goes up alone
    if (used === path.length) return null;
    const other = path[used++];
    hash = place % 2n === 1n ? nodeHash(other, hash) : nodeHash(hash, other);
  }
  return used === path.length ? hash : null;
}

// ---------------------------------------------------------------- files of the directory

// 1234067 is x001/x234/067.
function number(n) {
  const groups = [];
  for (let rest = n; groups.length === 0 || rest > 0; rest = Math.floor(rest / 1000))
    groups.unshift(String(rest % 1000).padStart(3, "0"));
  return groups.map((group, i) => (i < groups.length - 1 ? "x" : "") + group).join("/");
}
const LAYOUT = [
  ["checkpoint", /^checkpoint$/],
  ["archived", /^checkpoints\/(?<n>(?:x\d{3}\/)*\d{3})$/],
  ["cosignature", /^cosignatures\/(?<n>(?:x\d{3}\/)*\d{3})\/(?<key>[0-9a-f]{8})$/],
  ["timestamp", /^timestamps\/(?<n>(?:x\d{3}\/)*\d{3})\.tsr$/],
  ["bundle", /^tile\/entries\/(?<n>(?:x\d{3}\/)*\d{3})(?:\.p\/(?<width>[1-9]\d{0,2}))?$/],
  ["tile", /^tile\/(?<level>0|[1-9]\d?)\/(?<n>(?:x\d{3}\/)*\d{3})(?:\.p\/(?<width>[1-9]\d{0,2}))?$/],
];

function classify(path) {
  for (const [kind, pattern] of LAYOUT) {
    const match = pattern.exec(path);
    if (match === null) continue;
    const groups = match.groups;
    const n = groups?.n === undefined ? 0 : Number(groups.n.replace(/[x/]/g, ""));
    const width = groups?.width === undefined ? TILE : Number(groups.width);
    const isOneForm = groups?.n === undefined || number(n) === groups.n;
    if (!isOneForm || !Number.isSafeInteger(n) || (groups?.width !== undefined && width >= TILE)) return null;
    const level = Number(groups?.level ?? 0);
    return level < 64 ? { kind, path, n, width, level, key: groups?.key } : null;
  }
  return null;
}

function listFiles(directory) {
  const files = [];
  const walk = (folder) => {
    for (const entry of readdirSync(join(directory, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else if (!entry.isFile()) finding(path, "is no plain file: a log holds nothing else");
      else {
        const file = classify(path);
        if (file === null) finding(path, "is a file that the layout does not know", "unknown");
        else files.push(file);
      }
    }
  };
  walk("");
  return files;
}

// ---------------------------------------------------------------- entries

// RFC 8785, narrowed: ASCII keys, whole numbers.
function canonical(value) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value))
      throw new Bad(`holds the number ${value}: only whole numbers within 2^53 - 1 may stand there`);
    return String(value);
  }
  if (typeof value === "string") {
    if (/\p{Surrogate}/u.test(value)) throw new Bad("holds half a character");
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const keys = Object.keys(value).sort();
  if (!keys.every((key) => /^[\x00-\x7f]*$/.test(key))) throw new Bad("has a key that is not ASCII");
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

// What must hold from entry to entry.
class Rules {
  lastAt = null;
  times = [];
  counts = new Map();
  areCountsKnown = true; // false once a bundle could not be read
  addedKeys = []; // [index, verifier key line]
  retiredKeys = new Map(); // verifier key line: index of the first entry that retires it
  problems = []; // [index, place, problem]: which of them count is known once a checkpoint is
  check(index, bytes) {
    this.times[index] = null;
    const bad = (problem) => this.problems.push([index, `entry ${index}`, problem]);
    let entry;
    try {
      entry = JSON.parse(utf8(bytes));
      if (entry === null || typeof entry !== "object" || Array.isArray(entry)) throw new Bad("is no JSON object");
      if (Buffer.compare(Buffer.from(canonical(entry)), bytes) !== 0) throw new Bad("is not in canonical form");
    } catch (error) {
      return bad(error instanceof Bad ? error.message : "is no JSON");
    }
    if (entry.seq !== index) bad(`says that its place is ${JSON.stringify(entry.seq)}`);
    if (typeof entry.kind !== "string") bad("has no kind");
    if (!Number.isSafeInteger(entry.at)) bad("has no time");
    else {
      if (this.lastAt !== null && entry.at < this.lastAt)
        bad(`is of an earlier time (${entry.at}) than the entry before it (${this.lastAt})`);
      this.lastAt = this.times[index] = entry.at;
    }
    if (typeof entry.by !== "string" || !Number.isSafeInteger(entry.n)) bad("does not say who acted, or its count");
    else {
      const before = this.counts.get(entry.by) ?? (this.areCountsKnown ? 0 : entry.n - 1);
      if (entry.n !== before + 1)
        bad(`is number ${entry.n} of ${entry.by}, expected ${before + 1}: an event was left out or put in`);
      this.counts.set(entry.by, entry.n);
    }
    if (["cell-opened/1", "log-key-added/1"].includes(entry.kind)) this.addedKeys.push([index, entry.body?.vkey]);
    const retired = entry.kind === "log-key-retired/1" ? entry.body?.vkey : undefined;
    if (retired !== undefined && !this.retiredKeys.has(retired)) this.retiredKeys.set(retired, index);
  }
  forget() {
    this.areCountsKnown = false;
    this.counts.clear();
  }
}

// The entries of a bundle. A leaf is hashed with one zero byte before it: the length byte is overwritten with it, so
// nothing is copied.
function* entriesOf(bundle, width) {
  let at = 0;
  for (let i = 0; i < width; i++) {
    const length = at + 2 <= bundle.length ? bundle.readUInt16BE(at) : -1;
    if (length < 0 || at + 2 + length > bundle.length) throw new Bad(`ends within entry ${i} of ${width}`);
    bundle[at + 1] = 0;
    yield [bundle.subarray(at + 2, at + 2 + length), sha256(bundle.subarray(at + 1, at + 2 + length))];
    at += 2 + length;
  }
  if (at !== bundle.length) throw new Bad(`has ${bundle.length - at} bytes behind its ${width} entries`);
}

// ---------------------------------------------------------------- the log

class Log {
  constructor(directory, keys, policy) {
    Object.assign(this, { directory, keys, pinned: [...keys], policy, tree: new Tree(), inTree: new Set(), rules: new Rules() });
    this.files = listFiles(directory);
    this.byPlace = new Map(); // the files of one tile or bundle: the full one, then from narrow to wide
    for (const file of this.files.filter((f) => f.kind === "tile" || f.kind === "bundle")) {
      const key = `${file.kind} ${file.level} ${file.n}`;
      this.byPlace.set(
        key,
        [...(this.byPlace.get(key) ?? []), file].sort(
          (a, b) => (a.width === TILE ? 0 : a.width) - (b.width === TILE ? 0 : b.width),
        ),
      );
    }
    if (!this.files.some(({ kind }) => ["checkpoint", "tile", "bundle"].includes(kind)))
      throw new CouldNotCheck("is no log: it has neither a checkpoint nor tiles");
    this.checkpoints = this.#readCheckpoints();
  }

  read(path) {
    return readFileSync(join(this.directory, path));
  }
  at(kind, level, n) {
    return this.byPlace.get(`${kind} ${level} ${n}`) ?? [];
  }

  #readCheckpoints() {
    const found = [];
    for (const file of this.files.filter((f) => f.kind === "checkpoint" || f.kind === "archived")) {
      try {
        const note = parseCheckpoint(this.read(file.path));
        if (file.kind === "archived" && note.size !== file.n)
          throw new Bad(`is over ${note.size} entries, and its name says ${file.n}`);
        found.push({ ...note, place: file.path });
      } catch (error) {
        if (!(error instanceof Bad)) throw error;
        finding(file.path, error.message);
      }
    }
    if (!this.files.some((f) => f.kind === "checkpoint")) finding("checkpoint", "is missing");
    return found.sort((a, b) => a.size - b.size);
  }

  // Reads all entries that some checkpoint speaks of, before it is known which checkpoint is good: keys are in entries.
  readEntries() {
    const limit = this.checkpoints.at(-1)?.size ?? 0;
    for (let n = 0; n * TILE < limit; n++) {
      const want = Math.min(TILE, limit - n * TILE);
      const files = this.at("bundle", 0, n);
      if (!files.some((file) => this.#readBundle(file, n, Math.min(want, file.width), want)) && !this.#standIn(n, want))
        return;
      if (this.tree.size < n * TILE + want) return;
    }
  }
  #readBundle(file, n, width, want) {
    // A wider one is better: take that.
    if (width < want && this.at("bundle", 0, n).some((other) => other.width > file.width)) return false;
    let entries;
    try {
      entries = [...entriesOf(this.read(file.path), file.width)].slice(0, width);
    } catch (error) {
      if (!(error instanceof Bad)) throw error;
      this.rules.problems.push([n * TILE, file.path, error.message]);
      return false;
    }
    for (const [bytes, leaf] of entries) {
      this.rules.check(this.tree.size, bytes);
      this.tree.add(leaf);
    }
    this.inTree.add(file.path);
    return true;
  }
  // Without a bundle its tile stands in, so that what comes behind it can still be checked.
  #standIn(n, want) {
    if (this.at("bundle", 0, n).length === 0)
      this.rules.problems.push([
        n * TILE,
        `tile/entries/${number(n)}`,
        `is missing: entries from ${n * TILE} on cannot be read`,
      ]);
    const hashes = this.#hashesOf(n, want);
    if (hashes === null) return false;
    this.rules.forget();
    for (let i = 0; i < want; i++) this.tree.add(hashes.subarray(i * HASH, (i + 1) * HASH));
    return true;
  }

  // A key that an entry names is trusted from the first checkpoint on that a trusted key signed over that entry.
  followKeys() {
    for (let before = -1; before !== this.keys.length;) {
      before = this.keys.length;
      for (const checkpoint of this.checkpoints.filter((c) => this.#holds(c) && this.#isGood(c))) {
        for (const [index, line] of this.rules.addedKeys) {
          if (index >= checkpoint.size || this.keys.some((key) => key.line === line)) continue;
          try {
            const key = parseKey(String(line));
            if (key.type === ED25519 && key.name === this.keys[0].name) this.keys.push(key);
          } catch (error) {
            if (!(error instanceof Bad)) throw error; // an entry that names no key of this log makes none known
          }
        }
      }
    }
  }
  #isProvedBy(index, keys) {
    const isBy = (c) => c.origin === keys[0].name && index < c.size && this.#holds(c);
    return this.checkpoints.some((c) => isBy(c) && this.#hasSigner(c, keys));
  }
  #hasSigner(checkpoint, keys) {
    try {
      return signersOf(checkpoint, keys).length > 0;
    } catch (error) {
      if (!(error instanceof Bad)) throw error;
      return false;
    }
  }

  // The newest pinned key and those after it: of the trusted keys only these may sign what is newest.
  heads() {
    const named = (line) => this.rules.addedKeys.filter((added) => added[1] === line).map(([index]) => index);
    const places = this.pinned.map((key) => [named(key.line).find((index) => this.#isProvedBy(index, [key])), key]);
    const unnamed = places.filter(([place]) => place === undefined).at(-1);
    const [own, newest] = unnamed ?? places.reduce((one, other) => (other[0] > one[0] ? other : one));
    const heads = [newest];
    for (let before = 0; before !== heads.length;) {
      before = heads.length;
      for (const key of this.keys.filter((one) => !heads.includes(one)))
        if (named(key.line).some((index) => index > (own ?? -1) && this.#isProvedBy(index, heads))) heads.push(key);
    }
    return heads;
  }
  #checkWhoSignsTheNewest() {
    const heads = this.heads().filter((key) => this.#hasSigner(this.head, [key]));
    if (heads.length === 0)
      finding(this.head.place, `size ${this.size} is signed by a key before the one that you have alone`);
    else if (heads.every((key) => (this.rules.retiredKeys.get(key.line) ?? this.size) < this.size))
      finding(this.head.place, `size ${this.size} is signed by a key alone that the log retired before`);
  }
  #holds(checkpoint) {
    return checkpoint.size <= this.tree.size && this.tree.root(checkpoint.size).equals(checkpoint.root);
  }
  #isGood(checkpoint) {
    try {
      return checkpoint.origin === this.keys[0].name && signersOf(checkpoint, this.keys).length > 0;
    } catch {
      return false;
    }
  }

  judgeCheckpoints() {
    this.good = this.checkpoints.filter((checkpoint) => {
      try {
        if (checkpoint.origin !== this.keys[0].name)
          throw new Bad(`is of the log ${checkpoint.origin}, expected ${this.keys[0].name}`);
        return mustBeSigned(checkpoint, this.keys);
      } catch (error) {
        if (!(error instanceof Bad)) throw error;
        finding(checkpoint.place, error.message);
        return false;
      }
    });
    this.head = this.good.at(-1) ?? null;
    this.size = this.head?.size ?? 0;
    for (const [index, place, problem] of this.rules.problems)
      if (index < this.size) finding(place, problem, problem.replace(/\d+/g, ""));
    if (this.head === null) return;
    if (this.tree.size < this.size) {
      finding(this.head.place, `is over ${this.size} entries, and only ${this.tree.size} can be read`);
    }
    this.#takeHashesIfRight();
    this.#checkWhoSignsTheNewest();
    this.isWhole = this.#holds(this.head);
    const last = this.good.filter((c) => this.#holds(c)).at(-1)?.size ?? -1;
    const roots = new Map(); // of each size: two of one size are proof by themselves
    for (const { size, root } of this.good) roots.set(size, (roots.get(size) ?? new Set()).add(root.toString("hex")));
    let [fits, fitsBefore] = [0, 0]; // the largest size that fits, and the one before it
    for (const checkpoint of this.good.filter((c) => c.size <= this.tree.size)) {
      if (this.#holds(checkpoint)) {
        if (checkpoint.size > fits) [fits, fitsBefore] = [checkpoint.size, fits];
        continue;
      }
      const from = fits < checkpoint.size ? fits : fitsBefore;
      const isFork = roots.get(checkpoint.size).size > 1 || last >= checkpoint.size;
      finding(
        checkpoint.place,
        `its root is not that of the first ${checkpoint.size} entries: ` +
          `they differ in entries ${from} to ${checkpoint.size - 1}` +
          (isFork ? "; the log key signed two histories: keep both files" : ""),
        "root",
      );
    }
  }

  // When the entries do not lead to the signed root and the stored hashes do, it is an entry that was altered.
  #takeHashesIfRight() {
    if (this.#holds(this.head)) return;
    const stored = new Tree();
    for (let n = 0; n * TILE < this.size; n++) {
      const want = Math.min(TILE, this.size - n * TILE);
      const hashes = this.#hashesOf(n, want);
      if (hashes === null) return;
      for (let i = 0; i < want; i++) stored.add(hashes.subarray(i * HASH, (i + 1) * HASH));
    }
    if (!stored.root(this.size).equals(this.head.root)) return;
    this.tree = stored;
    this.inTree = new Set(); // so that every bundle is held against it
  }
  #hashesOf(n, want) {
    const tile = this.at("tile", 0, n).find((file) => file.width >= want);
    const hashes = tile === undefined ? Buffer.alloc(0) : this.read(tile.path);
    return hashes.length < want * HASH ? null : hashes;
  }

  // Every tile and bundle, also those that nothing needs any more: what a checkpoint covers is the same everywhere.
  checkFiles() {
    const reach = Math.min(this.size, this.tree.size + TILE); // of what is missing behind a hole the first is enough
    const start = (n, level) => n * TILE ** (level + 1);
    for (let level = 0; Math.floor(this.size / TILE ** level) > 0; level++) {
      const hashes = Math.floor(this.size / TILE ** level);
      for (let n = 0; n * TILE < hashes && start(n, level) < reach; n++)
        this.#mustBeThere("tile", level, n, Math.min(TILE, hashes - n * TILE));
    }
    for (let n = 0; start(n, 0) < reach; n++) this.#mustBeThere("bundle", 0, n, Math.min(TILE, this.size - n * TILE));
    for (const file of this.files) {
      if (file.kind === "tile") this.#checkTile(file);
      if (file.kind === "bundle") this.#checkBundle(file);
    }
  }
  #mustBeThere(kind, level, n, width) {
    const files = this.at(kind, level, n);
    const isNamedBefore = kind === "bundle" && files.length === 0;
    if (isNamedBefore || files.some((file) => file.width >= width)) return;
    const path = `tile/${kind === "tile" ? level : "entries"}/${number(n)}${width < TILE ? `.p/${width}` : ""}`;
    finding(path, "is missing, and no wider one is there", "missing");
  }
  #covered(file) {
    return Math.max(0, Math.min(file.width, Math.floor(this.size / TILE ** file.level) - file.n * TILE));
  }
  #checkTile(file) {
    const covered = this.#covered(file);
    if (covered === 0) return;
    const bytes = this.read(file.path);
    if (bytes.length !== file.width * HASH)
      return finding(file.path, `has ${bytes.length} bytes, and its name says ${file.width * HASH}`, "length");
    for (let i = 0; i < covered; i++) {
      const index = file.n * TILE + i;
      if (index >= this.tree.count(8 * file.level)) return;
      if (this.tree.hash(8 * file.level, index).equals(bytes.subarray(i * HASH, (i + 1) * HASH))) continue;
      const first = index * TILE ** file.level;
      const what = file.level === 0 ? `entry ${first}` : `entries ${first} to ${first + TILE ** file.level - 1}`;
      return finding(file.path, `hash ${i} is not that of ${what}`, "tile");
    }
  }
  #checkBundle(file) {
    const covered = this.#covered(file);
    if (covered === 0 || this.inTree.has(file.path)) return;
    try {
      [...entriesOf(this.read(file.path), file.width)].slice(0, covered).forEach(([, leaf], i) => {
        const index = file.n * TILE + i;
        if (index < this.tree.size && !this.tree.hash(0, index).equals(leaf))
          throw new Bad(`its entry ${index} is not the one of the log`);
      });
    } catch (error) {
      if (!(error instanceof Bad)) throw error;
      if (!report.findings.some((f) => f.place === file.path)) finding(file.path, error.message, "bundle");
    }
  }

  // ------------------------------------------------------------ the archive

  // What `checkpoint`, a cosignature or a time-stamp names was archived before; a log without an archive is a copy.
  checkArchive() {
    this.shown = this.good.find((checkpoint) => checkpoint.place === "checkpoint") ?? null;
    if (this.shown === null || !this.files.some((file) => file.kind === "archived")) return;
    const named = new Map([[this.shown.size, "checkpoint"]]);
    for (const kind of ["cosignature", "timestamp"])
      for (const file of this.files) if (file.kind === kind && !named.has(file.n)) named.set(file.n, file.path);
    for (const [size, by] of [...named].sort((one, other) => one[0] - other[0]))
      if (size > 0 && !this.#isArchived(size)) this.#lacks(size, `${by} is of its size`);
  }
  #isArchived(size) {
    return size > this.shown.size || existsSync(join(this.directory, "checkpoints", number(size)));
  }
  #lacks(size, why) {
    finding(`checkpoints/${number(size)}`, `is missing: it was removed, for ${why}`, "archive");
  }
  compareArchive(copy, files) {
    if (this.shown === null) return;
    const lost = [];
    for (const file of files) {
      try {
        const note = parseCheckpoint(readFileSync(file));
        const path = join(copy, "checkpoints", number(note.size));
        if (!this.#isArchived(note.size) && path === file && mustBeSigned(note, this.keys)) lost.push(note.size);
      } catch (error) {
        if (!(error instanceof Bad)) throw error; // it is of no log of these keys, and shows nothing
      }
    }
    // A log archives from size 0 on; a copy that another client made has not that one, and may have gaps.
    if (lost.length > 0 && !this.#isArchived(0))
      return report.notes.push(
        `the archive lacks ${lost.length} of the checkpoints that ${copy} has, and its first: either it is that of ` +
          "a copy, which may have gaps, or they were removed",
      );
    for (const size of lost) this.#lacks(size, `${copy} has it`);
  }

  // ------------------------------------------------------------ witnesses

  checkCosignatures() {
    if (this.policy === null) return;
    const lines = new Map(this.good.map((c) => [c.size, []]));
    for (const checkpoint of this.good)
      lines.get(checkpoint.size).push(...checkpoint.lines.map((line) => [checkpoint.place, line]));
    for (const file of this.files.filter((f) => f.kind === "cosignature")) {
      try {
        const witness = this.policy.witnesses.find(({ key }) => key.id === file.key);
        if (witness === undefined || !lines.has(file.n)) continue; // nobody asks for its word
        const own = parseNote(Buffer.from(`-\n\n${utf8(this.read(file.path))}`)).lines;
        if (!own.some(isLineOf(witness.key))) throw new Bad(`holds no line of the witness ${witness.key.name}`);
        lines.get(file.n).push(...own.map((line) => [file.path, line]));
      } catch (error) {
        if (!(error instanceof Bad)) throw error;
        finding(file.path, error.message);
      }
    }
    report.witnessed = -1;
    this.cosignedAt = 0n;
    for (const checkpoint of this.good) {
      const names = this.policy.witnesses
        .filter(({ name, key }) => {
          const own = lines.get(checkpoint.size).filter(([, line]) => isLineOf(key)(line));
          const good = own.filter(([place, line]) => {
            if (isSignedBy(key, line, checkpoint)) return true;
            finding(place, `the cosignature of witness ${name} is not good`);
            return false;
          });
          if (checkpoint === this.head)
            for (const [, line] of good) {
              const time = line.value.readBigUInt64BE(0);
              if (time > this.cosignedAt) this.cosignedAt = time;
            }
          return good.length > 0;
        })
        .map((witness) => witness.name);
      if (meets(this.policy, new Set(names))) report.witnessed = Math.max(report.witnessed, checkpoint.size);
    }
    if (report.witnessed < 0) {
      report.witnessed = null;
      finding("policy", "no checkpoint of this log meets it");
    } else if (report.witnessed < this.size)
      report.notes.push(`entries ${report.witnessed} to ${this.size - 1} are not witnessed`);
  }

  // ------------------------------------------------------------ what somebody kept

  compare(place, note) {
    if (note.size === 0) return report.notes.push(`${place}: is of an empty log, and says nothing`);
    if (note.size > this.size)
      return finding(
        place,
        `you hold a checkpoint over ${note.size} entries, and the log ends at ${this.size}: ` +
          "it was rolled back or cut off",
      );
    if (!this.isWhole) return unsure(place, "cannot be compared: the entries do not give the signed root");
    if (!this.tree.root(note.size).equals(note.root))
      finding(
        place,
        `your checkpoint over ${note.size} entries has another root: the log key signed two histories, keep both`,
      );
  }
  checkKept(place, bytes) {
    try {
      const note = parseCheckpoint(bytes);
      mustBeSigned(note, this.keys);
      this.compare(place, note);
    } catch (error) {
      if (!(error instanceof Bad)) throw error;
      unsure(place, `proves nothing: it ${error.message}`);
    }
  }

  checkProof(place, bytes) {
    try {
      const text = utf8(bytes);
      const match = /^c2sp\.org\/tlog-proof@v1\n(?:extra (\S*)\n)?index (\d+)\n((?:[A-Za-z0-9+/=]+\n)*)\n([^]*)$/.exec(
        text,
      );
      if (match === null) throw new Bad("is no record proof");
      if (match[1] !== undefined) base64(match[1], "what is extra");
      const index = safe(decimal(match[2], "its index"), "its index");
      const path = match[3]
        .split("\n")
        .slice(0, -1)
        .map((line) => base64(line, "a hash"));
      const note = parseCheckpoint(Buffer.from(match[4]));
      mustBeSigned(note, this.keys);
      if (index >= note.size) throw new Bad(`is for entry ${index}, and its checkpoint covers ${note.size}`);
      this.compare(place, note);
      if (index >= this.tree.size) return;
      const root = rootOfPath(this.tree.hash(0, index), BigInt(index), BigInt(note.size), path);
      if (root === null || !root.equals(note.root))
        finding(place, `does not lead from entry ${index} to the root of its checkpoint`);
    } catch (error) {
      if (!(error instanceof Bad)) throw error;
      finding(place, error.message);
    }
  }

  checkReceipts(place, bytes) {
    const head = "tallystick/receipt-file/v1\n";
    let parts;
    try {
      parts = utf8(bytes).split(new RegExp(`^(?=${head})`, "m"));
    } catch (error) {
      return report.receipts.push({ place, verdict: "no-receipt", why: error.message });
    }
    parts.forEach((text, i) => {
      const at = parts.length > 1 ? `${place}#${i + 1}` : place;
      try {
        report.receipts.push({ place: at, ...this.#judgeReceipt(text) });
      } catch (error) {
        if (!(error instanceof Bad)) throw error;
        report.receipts.push({ place: at, verdict: "no-receipt", why: error.message });
      }
    });
  }
  #judgeReceipt(text) {
    const match =
      /^tallystick\/receipt-file\/v1\n(?:entry (\S+)\n)?index (\d+)\nleaf (\S+)\n((?:\S+\n)*)\n([^]*)$/.exec(text);
    if (match === null) throw new Bad("is no receipt");
    const [place, leaf] = [decimal(match[2], "its place"), base64(match[3], "its leaf")];
    if (leaf.length !== HASH) throw new Bad("its leaf has not 32 bytes");
    const path = match[4]
      .split("\n")
      .slice(0, -1)
      .map((line) => base64(line, "a hash"));
    const note = parseNote(Buffer.from(match[5]));
    const lines = note.text.split("\n");
    if (lines.length !== 8 || lines[0] !== "tallystick/receipt/v1") throw new Bad("its note is no receipt");
    if (lines[1] !== this.keys[0].name) throw new Bad(`is of the log ${lines[1]}`);
    mustBeSigned(note, this.keys);
    const [first, count, at, sealBy] = lines.slice(2, 6).map((line) => decimal(line, "a line of its note"));
    const root = base64(lines[6], "its root");
    if (place < first || place >= first + count)
      throw new Bad(`is for place ${place}, and its note is over ${count} from ${first}`);
    if (match[1] !== undefined && !sha256(Buffer.of(0), base64(match[1], "its entry")).equals(leaf))
      throw new Bad("its entry is not that of its leaf");
    if (!rootOfPath(leaf, place - first, count, path)?.equals(root))
      throw new Bad("its path does not lead to its root");
    const index = Number(place);
    if (!this.isWhole) return { index, verdict: "could-not-check", why: "the entries do not give the signed root" };
    if (index < this.size) {
      if (this.tree.hash(0, index).equals(leaf)) return { index, verdict: "in-log" };
      return { index, verdict: "replaced", why: `another entry stands at ${index}: the log key signed both` };
    }
    const lastAt = this.rules.times[this.size - 1] ?? null; // journal time never decreases
    if (lastAt !== null && BigInt(lastAt) > at)
      return { index, verdict: "truncated", why: "the log goes on at a later time without it" };
    if ((this.cosignedAt ?? 0n) * 1000000n > sealBy)
      return { index, verdict: "overdue", why: "a witness saw the log without it after the promised time" };
    return { index, verdict: "not-due", why: `the log ends at ${this.size}` };
  }
}

// ---------------------------------------------------------------- policy

function parsePolicy(text) {
  const policy = { logs: [], witnesses: [], groups: new Map(), quorum: null };
  const taken = new Set();
  for (const [i, line] of text.split("\n").entries()) {
    const words = line.split(/[ \t\r]+/).filter((word) => word !== "");
    if (words.length === 0 || words[0].startsWith("#")) continue;
    const [word, name, ...rest] = words;
    const isKnown = (member) => policy.groups.has(member) || policy.witnesses.some((w) => w.name === member);
    if (word === "log" && words.length >= 2 && words.length <= 3) policy.logs.push(parseKey(name));
    else if (word === "witness" && rest.length >= 1 && rest.length <= 2 && !isKnown(name) && name !== "none")
      policy.witnesses.push({ name, key: parseKey(rest[0]) });
    else if (word === "group" && rest.length >= 2 && !isKnown(name) && name !== "none") {
      const members = rest.slice(1);
      const k =
        rest[0] === "any" ? 1 : rest[0] === "all" ? members.length : Number(decimal(rest[0], "the number of a group"));
      if (
        k < 1 ||
        k > members.length ||
        !members.every((m) => isKnown(m) && !taken.has(m)) ||
        new Set(members).size < members.length
      )
        throw new Bad(`line ${i + 1} is no good group`);
      members.forEach((member) => taken.add(member));
      policy.groups.set(name, { k, members });
    } else if (word === "quorum" && rest.length === 0 && policy.quorum === null && name !== undefined)
      policy.quorum = name;
    else throw new Bad(`line ${i + 1} is not understood: ${line}`);
  }
  if (
    policy.quorum === null ||
    !(
      policy.quorum === "none" ||
      policy.groups.has(policy.quorum) ||
      policy.witnesses.some((w) => w.name === policy.quorum)
    )
  ) {
    throw new Bad("names no quorum that it knows");
  }
  return policy;
}
function meets(policy, names) {
  const holds = (name) => {
    const group = policy.groups.get(name);
    return group === undefined ? names.has(name) : group.members.filter(holds).length >= group.k;
  };
  return policy.quorum === "none" || holds(policy.quorum);
}

// ---------------------------------------------------------------- the command

function parseArguments(words) {
  const options = { against: [], receipt: [], proof: [] };
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === "--json") options.json = true;
    else if (["--vkey", "--policy"].includes(word) && words[i + 1] !== undefined) options[word.slice(2)] = words[++i];
    else if (["--against", "--receipt", "--proof"].includes(word) && words[i + 1] !== undefined)
      options[word.slice(2)].push(words[++i]);
    else if (!word.startsWith("--") && options.directory === undefined) options.directory = word;
    else throw new CouldNotCheck(`argument ${word} is not known, or lacks its value`);
  }
  if (options.directory === undefined || options.vkey === undefined)
    throw new CouldNotCheck("usage: verify_log.mjs DIR --vkey FILE");
  return options;
}

const isLog = (path) => lstatSync(path).isDirectory() && readdirSync(path).includes("tile");
const archiveOf = (path) => (readdirSync(path).includes("checkpoints") ? keptFiles(join(path, "checkpoints")) : []);
function keptFiles(path) {
  // a checkpoint, a folder of them, or a log
  if (!lstatSync(path).isDirectory()) return [path];
  if (!isLog(path)) return readdirSync(path).flatMap((name) => keptFiles(join(path, name)));
  // Of a log what it shows counts, and the largest that its archive holds: it may have been set back.
  const archived = archiveOf(path);
  const sizeOf = (file) => Number(file.slice(join(path, "checkpoints").length).replace(/[x/\\]/g, ""));
  archived.sort((one, other) => sizeOf(one) - sizeOf(other));
  return [join(path, "checkpoint"), ...archived.slice(-1)];
}

function run(options) {
  const keyLines = readFileSync(options.vkey, "utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  let [keys, policy] = [[], null];
  try {
    keys = keyLines.map(parseKey);
    policy = options.policy === undefined ? null : parsePolicy(readFileSync(options.policy, "utf8"));
  } catch (error) {
    throw error instanceof Bad ? new CouldNotCheck(`key or policy: ${error.message}`) : error;
  }
  if (keys.length === 0 || keys.some((key) => key.type !== ED25519 || key.name !== keys[0].name))
    throw new CouldNotCheck("the key file must hold log keys of one name");
  const log = new Log(options.directory, keys, policy);
  log.readEntries();
  log.followKeys();
  log.judgeCheckpoints();
  log.checkFiles();
  log.checkArchive();
  log.checkCosignatures();
  for (const path of options.against.flatMap(keptFiles)) log.checkKept(path, readFileSync(path));
  for (const path of options.against.filter(isLog)) log.compareArchive(path, archiveOf(path));
  for (const path of options.proof) log.checkProof(path, readFileSync(path));
  for (const path of options.receipt) log.checkReceipts(path, readFileSync(path));
  Object.assign(report, {
    origin: keys[0].name,
    size: log.size,
    root: log.head?.root.toString("base64") ?? null,
    keys: log.keys.map((key) => key.line),
  });
}

function main() {
  const options = { json: process.argv.includes("--json") };
  try {
    Object.assign(options, parseArguments(process.argv.slice(2)));
    run(options);
  } catch (error) {
    if (!(error instanceof CouldNotCheck) && error.code === undefined) throw error;
    unsure(options.directory ?? "", error.message);
  }
  for (const [rule, count] of counts)
    if (count > MAX_SAME)
      report.notes.push(`${count - MAX_SAME} more findings like those of "${rule.trim()}" are not listed`);
  const isProof = ({ verdict }) => ["replaced", "truncated", "overdue"].includes(verdict);
  const isOpen = ({ verdict }) => ["not-due", "no-receipt", "could-not-check"].includes(verdict);
  if (report.findings.length > 0 || report.receipts.some(isProof)) report.status = "bad";
  else if (report.unsure.length > 0 || report.receipts.some(isOpen)) report.status = "could not check";
  if (options.json) console.log(JSON.stringify(report, null, 2));
  else {
    for (const { place, problem } of report.findings) console.log(`bad: ${place}: ${problem}`);
    for (const { place, problem } of report.unsure) console.log(`could not check: ${place}: ${problem}`);
    for (const { place, verdict, why } of report.receipts)
      console.log(`receipt ${place}: ${verdict}${why === undefined ? "" : `: ${why}`}`);
    for (const note of report.notes) console.log(`note: ${note}`);
    console.log(
      `${report.status}: ${report.origin}, ${report.size} entries, root ${report.root}` +
        (report.witnessed === null ? "" : `, witnessed up to ${report.witnessed}`),
    );
  }
  process.exitCode = { good: 0, bad: 1, "could not check": 2 }[report.status];
}
main();
