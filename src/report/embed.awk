# embed.awk: page.html as the C string cgae_report_page, style.css as cgae_report_style, so that
# the library needs no file beside it.
#   awk -f embed.awk page.html >page_html.c
#
# So that the source can be laid out for readers, these do not reach the string: a comment that
# begins and ends at line ends, tabs at the beginning of a line, and the end of a line that holds
# nothing but a tag of the template or that ends in a backslash.  In a style sheet no line's end
# does, but for empty lines.
NR == 1 {
	name = FILENAME
	gsub(/.*\/|\..*/, "", name)
	css = FILENAME ~ /\.css$/
	print "/* Made by embed.awk. */\n#include \"postgres.h\"\n#include \"report/report_template.h\"\n"
	printf "const char cgae_report_%s[] =", name
}
/^(<!--|\/\*)/ { comment = 1 }
!comment {
	sub(/^\t+/, "")
	keeps_end = css ? $0 == "" : $0 !~ /^[{][{][^{}]*[}][}]$/ && !sub(/\\$/, "")
	gsub(/\\/, "&&")
	gsub(/"/, "\\\"")
	printf "\n\t\"%s%s\"", $0, keeps_end ? "\\n" : ""
}
/(-->|\*\/)$/ { comment = 0 }
END { print ";" }
