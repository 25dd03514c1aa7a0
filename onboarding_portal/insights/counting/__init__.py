"""The numbers of the first page, counted from the rows by the clock: plain values, without words and addresses."""
