// A canvas over the view and a margin around it, redrawn when the map comes to rest, moved and scaled meanwhile.
gridmap.Surface = L.Layer.extend({
  // paint(context, view): view has zoom, scale (pixels of the whole world), left/top (of the canvas, in those pixels),
  // width/height, west/north/east/south (in the unit square) and metre (pixels).
  initialize: function (pane, paint) {
    L.setOptions(this, { pane: pane });
    this._paint = paint;
    this._follow = L.Util.throttle(this._drawWhenOutside, 100, this);
  },

  onAdd: function () {
    this._canvas = L.DomUtil.create('canvas', 'surface leaflet-zoom-animated', this.getPane());
    this.redraw();
  },

  onRemove: function () {
    this._canvas.remove();
  },

  getEvents: function () {
    return {
      viewreset: this.redraw,
      moveend: this.redraw,
      resize: this.redraw,
      move: this._follow,
      zoom: this._zooming,
      zoomanim: this._zoomAnimation
    };
  },

  redraw: function () {
    const map = this._map;
    if (!map || map._animatingZoom) return this;
    const size = map.getSize();
    const margin = size.multiplyBy(0.2).round();
    const corner = map.containerPointToLayerPoint(margin.multiplyBy(-1)).round();
    const whole = size.add(margin.multiplyBy(2));
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const canvas = this._canvas;
    const width = Math.round(whole.x * ratio), height = Math.round(whole.y * ratio);
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
      canvas.style.width = whole.x + 'px';
      canvas.style.height = whole.y + 'px';
    }
    L.DomUtil.setTransform(canvas, corner, 1);
    this._corner = corner;
    this._whole = whole;
    this._zoom = map.getZoom();
    this._cornerLatLng = map.layerPointToLatLng(corner);
    const context = canvas.getContext('2d');
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, whole.x, whole.y);
    this._paint(context, this._view(whole, ratio));
    return this;
  },

  _view: function (whole, ratio) {
    const map = this._map;
    const scale = map.options.crs.scale(this._zoom);
    const left = map.getPixelOrigin().x + this._corner.x;
    const top = map.getPixelOrigin().y + this._corner.y;
    const latitude = map.getCenter().lat * Math.PI / 180;
    return {
      zoom: this._zoom, scale, left, top, ratio, width: whole.x, height: whole.y,
      west: left / scale, north: top / scale, east: (left + whole.x) / scale, south: (top + whole.y) / scale,
      metre: scale / (40075016.686 * Math.cos(latitude))
    };
  },

  _drawWhenOutside: function () {
    const map = this._map;
    if (!map || map._animatingZoom || map.getZoom() !== this._zoom) return;
    const view = L.bounds(map.containerPointToLayerPoint([0, 0]), map.containerPointToLayerPoint(map.getSize()));
    if (!L.bounds(this._corner, this._corner.add(this._whole)).contains(view)) this.redraw();
  },

  _zooming: function () {
    this._stretch(this._map.getZoom(), this._map.getCenter());
  },

  _zoomAnimation: function (event) {
    this._stretch(event.zoom, event.center);
  },

  _stretch: function (zoom, center) {
    const corner = this._map._latLngToNewLayerPoint(this._cornerLatLng, zoom, center);
    L.DomUtil.setTransform(this._canvas, corner, this._map.getZoomScale(zoom, this._zoom));
  }
});
