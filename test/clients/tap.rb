# The Test Anything Protocol in a few lines: what the Ruby program beside this file prints.
module Tap
  @count = @failed = 0

  module_function

  def ok(passed, name, note = nil)
    @count += 1
    @failed += 1 unless passed
    puts "#{passed ? "ok" : "not ok"} #{@count} - #{name.tr("\n", " ")}"
    puts note.gsub(/^/, "# ") if !passed && note
  end

  def is(have, want, name)
    ok(have == want, name, "have #{have.inspect}, want #{want.inspect}")
  end

  def done
    puts "1..#{@count}"
    exit(@failed.zero? ? 0 : 1)
  end
end
