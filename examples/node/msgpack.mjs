// The part of msgpack (https://msgpack.org) that the protocol uses: what JSON has, and 64-bit integers.
// A whole number beyond what a JavaScript number holds exactly is a BigInt.

/** A value that is encoded already, to be put into another. */
export class Encoded {
  constructor(bytes) {
    this.bytes = bytes;
  }

  toJSON() {
    return decode(this.bytes);
  }
}

export function encode(value) {
  const parts = [];
  put(parts, value);
  return Buffer.concat(parts);
}

function put(parts, value) {
  if (value === null || value === undefined) parts.push(Buffer.of(0xc0));
  else if (value === false || value === true) parts.push(Buffer.of(value ? 0xc3 : 0xc2));
  else if (typeof value === "number") parts.push(number(value));
  else if (typeof value === "bigint") parts.push(integer(value));
  else if (typeof value === "string") {
    const bytes = Buffer.from(value); // a lone surrogate becomes U+FFFD
    parts.push(head(bytes.length, 0xa0, 32, [0xd9, 0xda, 0xdb]), bytes);
  } else if (value instanceof Encoded) parts.push(value.bytes);
  else if (Array.isArray(value)) {
    parts.push(head(value.length, 0x90, 16, [null, 0xdc, 0xdd]));
    for (const item of value) put(parts, item);
  } else if (typeof value === "object") {
    const pairs = Object.entries(value).filter(([, item]) => item !== undefined);
    parts.push(head(pairs.length, 0x80, 16, [null, 0xde, 0xdf]));
    for (const [key, item] of pairs) {
      put(parts, key);
      put(parts, item);
    }
  } else throw new TypeError(`a ${typeof value} has no form in msgpack`);
}

function number(value) {
  if (Number.isSafeInteger(value)) return value >= 0 && value < 128 ? Buffer.of(value) : integer(BigInt(value));
  const bytes = Buffer.alloc(9, 0xcb);
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

function integer(value) {
  const bytes = Buffer.alloc(9, value < 0n ? 0xd3 : 0xcf); // not the shortest form, and good enough
  if (value < 0n) bytes.writeBigInt64BE(value, 1);
  else bytes.writeBigUInt64BE(value, 1);
  return bytes;
}

function head(length, small, below, [one, two, four]) {
  if (length < below) return Buffer.of(small | length);
  if (one !== null && length < 0x100) return Buffer.of(one, length);
  if (length < 0x10000) return Buffer.of(two, length >> 8, length & 0xff);
  const bytes = Buffer.alloc(5, four);
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

export function decode(bytes) {
  const reader = new Reader(bytes);
  const value = reader.value();
  if (reader.at !== bytes.length) throw new RangeError("more than one value");
  return value;
}

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  value() {
    const tag = this.uint(1);
    if (tag < 0x80) return tag;
    if (tag < 0x90) return this.map(tag & 0x0f);
    if (tag < 0xa0) return this.array(tag & 0x0f);
    if (tag < 0xc0) return this.text(tag & 0x1f);
    if (tag >= 0xe0) return tag - 0x100;
    switch (tag) {
      case 0xc0: return null;
      case 0xc2: return false;
      case 0xc3: return true;
      case 0xca: return this.bytes.readFloatBE(this.skip(4));
      case 0xcb: return this.bytes.readDoubleBE(this.skip(8));
      case 0xcc: return this.uint(1);
      case 0xcd: return this.uint(2);
      case 0xce: return this.uint(4);
      case 0xcf: return exact(this.bytes.readBigUInt64BE(this.skip(8)));
      case 0xd0: return this.bytes.readInt8(this.skip(1));
      case 0xd1: return this.bytes.readInt16BE(this.skip(2));
      case 0xd2: return this.bytes.readInt32BE(this.skip(4));
      case 0xd3: return exact(this.bytes.readBigInt64BE(this.skip(8)));
      case 0xd9: return this.text(this.uint(1));
      case 0xda: return this.text(this.uint(2));
      case 0xdb: return this.text(this.uint(4));
      case 0xdc: return this.array(this.uint(2));
      case 0xdd: return this.array(this.uint(4));
      case 0xde: return this.map(this.uint(2));
      case 0xdf: return this.map(this.uint(4));
      default: throw new RangeError(`a type that the protocol does not have: 0x${tag.toString(16)}`);
    }
  }

  skip(size) {
    const at = this.at;
    this.at += size;
    if (this.at > this.bytes.length) throw new RangeError("cut short");
    return at;
  }

  uint(size) {
    return this.bytes.readUIntBE(this.skip(size), size);
  }

  text(size) {
    const at = this.skip(size);
    return this.bytes.toString("utf8", at, at + size);
  }

  array(length) {
    const items = [];
    for (let i = 0; i < length; i++) items.push(this.value());
    return items;
  }

  map(length) {
    const pairs = [];
    for (let i = 0; i < length; i++) pairs.push([this.value(), this.value()]);
    return Object.fromEntries(pairs); // a key of `__proto__` is a plain key here
  }
}

function exact(value) {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
