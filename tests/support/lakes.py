"""Small rows for tests that write into a lake."""

from __future__ import annotations

import polars as pl


def persons(*ids: int, controller: str = "a", **more: object) -> pl.DataFrame:
    """Rows of `persons`, with the same value of every other column."""
    return pl.DataFrame({"person_id": list(ids)}, schema={"person_id": pl.Int64}).with_columns(
        controller=pl.lit(controller),
        kind=pl.lit("consumer"),
        **{name: pl.lit(value) for name, value in more.items()},
    )


def days(*dates: str, point: int = 1, wh: int = 100, controller: str = "a") -> pl.DataFrame:
    """One-interval rows of `consumption_days`."""
    return pl.DataFrame({"local_date": list(dates)}).select(
        pl.lit(controller).alias("controller"),
        pl.lit(point).alias("metering_point_id"),
        pl.lit("import").alias("direction"),
        pl.col("local_date").str.slice(0, 7).alias("month"),
        pl.col("local_date").str.to_date(),
        pl.lit(wh).alias("wh_sum"),
        pl.concat_list(pl.lit(wh)).alias("wh"),
    )
