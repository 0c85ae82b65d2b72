// A canvas over the view, redrawn when the map comes to rest, moved and scaled meanwhile. Only a map that is dragged has a
// margin around the view: it would double what has to be drawn before anything is seen.
gridmap.Surface = L.Layer.extend({
  MARGIN: 0.2, // of the view's sides

  // paint(context, view): view has zoom, scale (pixels of the whole world), left/top (of the canvas, in those pixels),
  // width/height, west/north/east/south (in the unit square) and metre (pixels).
  initialize: function (pane, paint) {
    L.setOptions(this, { pane: pane });
    this._paint = paint;
    this._follow = L.Util.throttle(this._drawWhenOutside, 100, this);
    this._margin = 0; // of the view's sides
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
      viewreset: this._drawView,
      moveend: this._rested,
      resize: this._drawView,
      move: this._follow,
      zoom: this._zooming,
      zoomanim: this._zoomAnimation
    };
  },

  _drawView: function () {
    this._margin = 0;
    return this.redraw();
  },

  redraw: function () {
    const map = this._map;
    if (!map || map._animatingZoom) return this;
    const size = map.getSize();
    const margin = size.multiplyBy(this._margin).round();
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

  _covers: function () {
    const map = this._map;
    const view = L.bounds(map.containerPointToLayerPoint([0, 0]), map.containerPointToLayerPoint(map.getSize()));
    return map.getZoom() === this._zoom && L.bounds(this._corner, this._corner.add(this._whole)).contains(view);
  },

  // While a finger or a glide moves the map; what moves in one step is drawn when it is there.
  _drawWhenOutside: function () {
    const map = this._map;
    if (!map || map._animatingZoom || map.getZoom() !== this._zoom || this._covers()) return;
    const moving = map.dragging.moving() || (map._panAnim && map._panAnim._inProgress);
    if (!moving) return;
    this._margin = this.MARGIN;
    this.redraw();
  },

  _rested: function () {
    if (!this._map._animatingZoom && !this._covers()) this._drawView();
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
