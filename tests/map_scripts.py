"""What several tests ask the pages of maps."""

# The live map is drawn and its table filled.
LIVE_READY = "() => gridmap.page && gridmap.page.table && document.querySelectorAll('#table tbody tr').length > 1"
# Pixels of a colour on the canvases of the map.
COLOURED = """(wanted) => [...document.querySelectorAll('canvas.surface')].reduce((count, canvas) => {
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(wanted.slice(at, at + 2), 16));
  for (let i = 0; i < data.length; i += 4) {
    if (data[i] === r && data[i + 1] === g && data[i + 2] === b && data[i + 3] === 255) count++;
  }
  return count;
}, 0)"""
