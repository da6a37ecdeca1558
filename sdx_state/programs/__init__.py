"""Child processes: Git, the browser, the workbook reader. No other room starts any."""
