// Reads what maps/packing.py wrote: columns of integers as zig-zag deltas, lowest bytes first, deflated, in base64.
// The inflater is part of the page, since old phones and office browsers have no DecompressionStream.
window.gridmap = {};

gridmap.columns = (function () {
  'use strict';

  function inflate(id) {
    const packed = atob(document.getElementById(id).textContent.trim());
    const bytes = new Uint8Array(packed.length);
    for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
    return fflate.inflateSync(bytes);
  }

  // index: [[name, length], ...] in the order of the packed columns
  function read(index, id) {
    const bytes = inflate(id);
    const columns = {};
    let at = 0;
    for (const [name, length] of index) {
      const values = new Int32Array(length);
      let value = 0;
      for (let i = 0; i < length; i++) {
        const folded = bytes[at + i] | (bytes[at + length + i] << 8) | (bytes[at + 2 * length + i] << 16) |
          (bytes[at + 3 * length + i] << 24);
        value += (folded >>> 1) ^ -(folded & 1);
        values[i] = value;
      }
      columns[name] = values;
      at += 4 * length;
    }
    return columns;
  }

  function json(id) {
    return JSON.parse(fflate.strFromU8(inflate(id)));
  }

  return { read, json };
})();
