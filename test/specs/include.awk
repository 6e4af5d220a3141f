# Assembles a spec: a line "# include NAME" stands for the file include/NAME.spec beside it.
# pg_isolation_regress itself knows no include.
#
#	awk -v folder=test/specs/include -f include.awk test/specs/NAME.spec
/^# include / {
	part = folder "/" $3 ".spec"
	while ((got = (getline line < part)) > 0)
		print line
	close(part)
	if (got < 0) {
		print FILENAME ": there is no " part >"/dev/stderr"
		exit 1
	}
	next
}
{ print }
