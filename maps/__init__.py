"""Values to Folium maps and pages; this package never fetches."""
