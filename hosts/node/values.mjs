// Conversion of values between the JSON of the protocol and the representation of jco.

/** Converts `my-name` to `myName`, the naming of functions and fields in jco. */
export function camel(name) {
  return name.replace(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase());
}

const ARRAYS = {
  u8: Uint8Array, s8: Int8Array, u16: Uint16Array, s16: Int16Array, u32: Uint32Array, s32: Int32Array,
  u64: BigUint64Array, s64: BigInt64Array, f32: Float32Array, f64: Float64Array,
};

/** Options nested in options or in results are objects: `undefined` would be ambiguous. */
const nests = (type) => type?.option !== undefined;

export function fromJson(type, json) {
  if (type === 'u64' || type === 's64') return BigInt(json);
  if (type === 'f32' || type === 'f64') return typeof json === 'string' ? Number(json.replace('inf', 'Infinity')) : json;
  if (typeof type === 'string') return json;
  const [[kind, of]] = Object.entries(type);
  switch (kind) {
    case 'list': {
      const values = json.bytes === undefined ? json.map((value) => fromJson(of, value)) : Buffer.from(json.bytes, 'hex');
      return ARRAYS[of] ? ARRAYS[of].from(values) : values;
    }
    case 'option': {
      if (nests(of)) return json === null ? { tag: 'none' } : { tag: 'some', val: fromJson(of, json.some) };
      return json === null ? undefined : fromJson(of, json.some);
    }
    case 'result': {
      const tag = 'ok' in json ? 'ok' : 'err';
      const payload = of[tag === 'ok' ? 0 : 1];
      return { tag, val: payload === null ? undefined : fromJson(payload, json[tag]) };
    }
    case 'variant': {
      const [, payload] = of.find(([name]) => name === json.case);
      return payload === null ? { tag: json.case } : { tag: json.case, val: fromJson(payload, json.value) };
    }
    case 'record': return Object.fromEntries(of.map(([name, field]) => [camel(name), fromJson(field, json[name])]));
    case 'tuple': return of.map((part, index) => fromJson(part, json[index]));
    case 'flags': return Object.fromEntries(of.map((name) => [camel(name), json.includes(name)]));
    case 'enum': return json;
  }
  throw new Error(`unknown type: ${JSON.stringify(type)}`);
}

export function toJson(type, value) {
  if (type === 'u64' || type === 's64') return String(value);
  if (type === 'f32' || type === 'f64') return Number.isFinite(value) ? value : String(value).replace('NaN', 'nan').replace('Infinity', 'inf');
  if (typeof type === 'string') return value;
  const [[kind, of]] = Object.entries(type);
  switch (kind) {
    case 'list': return of === 'u8' ? { bytes: Buffer.from(value).toString('hex') } : Array.from(value, (each) => toJson(of, each));
    case 'option': {
      if (nests(of)) return value.tag === 'none' ? null : { some: toJson(of, value.val) };
      return value === undefined ? null : { some: toJson(of, value) };
    }
    case 'result': {
      const payload = of[value.tag === 'ok' ? 0 : 1];
      return { [value.tag]: payload === null ? null : toJson(payload, value.val) };
    }
    case 'variant': {
      const [, payload] = of.find(([name]) => name === value.tag);
      return { case: value.tag, value: payload === null ? null : toJson(payload, value.val) };
    }
    case 'record': return Object.fromEntries(of.map(([name, field]) => [name, toJson(field, value[camel(name)])]));
    case 'tuple': return of.map((part, index) => toJson(part, value[index]));
    case 'flags': return of.filter((name) => value[camel(name)]);
    case 'enum': return value;
  }
  throw new Error(`unknown type: ${JSON.stringify(type)}`);
}
