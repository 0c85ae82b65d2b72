"""Files from outside, in and out: the only place that knows pandas, geopandas, pyogrio and openpyxl."""
