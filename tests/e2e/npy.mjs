// SPDX-License-Identifier: MIT
// npy.mjs -- .npy files for the tests, as NumPy writes them.

// With a header of this text.
export function npyFile(header, body) {
  const end = Math.ceil((header.length + 11) / 64) * 64;
  const text = Buffer.from(`${header.padEnd(end - 11)}\n`, 'latin1');
  const head = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
  head.writeUInt16LE(text.length, 8);
  return Buffer.concat([head, text, body]);
}

// Of this type and shape.
export const npy = (descr, shape, body) => npyFile(`{'descr': '${descr
}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`, body);

// float32 [rows][columns]
export function float32(rows, row) {
  const values = Array.from({ length: rows }, (_, i) => row(i));
  return npy('<f4', [rows, values[0].length],
    Buffer.from(new Float32Array(values.flat()).buffer));
}
