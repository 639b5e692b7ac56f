import Model
import Testing

@testable import Configuration

/// Lines and blocks, before they mean anything.
struct KeepalivedGrammarTests {
  /// Each line as words, a block's in brackets.
  private func tree(_ text: String, _ others: [String: String] = [:], configID: String = "main") throws -> String {
    var source = KeepalivedText(text, others)
    source.configID = configID
    var reader = BlockReader(try LineReader(file: "k.conf", host: source.host, notes: Notes()))
    return show(try reader.read())
  }

  private func show(_ statements: [Statement]) -> String {
    statements.map { statement in
      let words = statement.words.map { $0.isQuoted ? "<\($0.text)>" : $0.text }.joined(separator: " ")
      return words + (statement.block.map { "[\(show($0))]" } ?? "")
    }.joined(separator: ", ")
  }

  @Test(arguments: [
    ("a { b c\nd }\ne", "a[b c, d], e"),
    ("a\n{\nb\n}\n", "a[b]"),
    ("a{b{c}}", "a[b[c]]"),
    ("a {}\n", "a[]"),
    ("a {\n\n\n} b", "a[], b"),
    ("a # c\n  b ! d\n", "a, b"),
    ("a \\# b \\! c", "a # b ! c"),
    ("a \"b # c ! { d\" e", "a <b # c ! { d> e"),
    ("a \"b\\\"c\"", "a <b\\\"c>"),
    ("a\tb\r\nc\r\n", "a b, c"),
    ("a \"\"", "a <>"),
    ("", ""),
    ("# nothing\n! here", ""),
    ("a ${NONE} b", "a ${NONE} b"),
    ("a $NONE", "a $NONE"),
  ])
  func blocks(_ text: String, _ expected: String) throws { #expect(try tree(text) == expected) }

  @Test(arguments: [
    ("$A=1\nx $A y", "x 1 y"),
    ("$A=1\nx ${A}y", "x 1y"),
    ("$A=1\nx $Ay", "x $Ay"),
    ("$A=\nx ${A}y", "x y"),
    // Replaced when it is used, not when it is defined.
    ("$A=1${B}\n$B=2\nx $A\n$B=3\nx $A", "x 12, x 13"),
    ("$A= \\\n b 1 \\\n c 2\nx { \n$A\n}", "x[b 1, c 2]"),
    // A comment between its lines, an empty line at its end.
    ("$A= \\\n b \\\n# c\n d\n$A", "b, d"),
    ("$A= \\\n b \\\n\nc\n$A", "c, b"),
    ("$A= first \\\n second\n$A", "first, second"),
    ("$A= \\\n b \\\n c\nx $A y", "x $A y"),
    ("$IN= \\\n i ${N} \\\n j\n$OUT= \\\n $N=1 \\\n $IN \\\n $N=2 \\\n $IN \\\n o\n$OUT", "i 1, j, i 2, j, o"),
    ("$W=@main\n$W x", "x"),
    ("x ${_PWD} ${_INSTANCE} ${_ENV VIP} ${_ENV NONE} a${_HASH}b", "x . main 192.0.2.7 a#b"),
    ("$_PWD=/etc\nx ${_PWD}", "x /etc"),
  ])
  func definitions(_ text: String, _ expected: String) throws { #expect(try tree(text) == expected) }

  @Test(arguments: [
    ("@main a\n@other b\n@^main c\n@^other d", "main", "a, d"),
    ("@main a\n@other b\n@^main c\n@^other d", "other", "b, c"),
    ("@! a\n@ b\n@main\nc", "main", "c"),
    ("@main $A=1\n@other $A=2\nx $A", "other", "x 2"),
    ("@main @^main a\n@main @^other b", "main", "@^main a, @^other b"),
  ])
  func conditions(_ text: String, _ id: String, _ expected: String) throws {
    // A second condition in a line is none.
    #expect(try tree(text, configID: id) == expected)
  }

  @Test(arguments: [
    ("~SEQ(I, 3) x $I", "x 1, x 2, x 3"),
    ("~SEQ(I, -2) x $I", "x -1, x -2"),
    ("~SEQ(I, 5, 3) x $I", "x 5, x 4, x 3"),
    ("~SEQ(I,0,2,5) x 10.0.${I}.1", "x 10.0.0.1, x 10.0.2.1, x 10.0.4.1"),
    ("~SEQx(I, 0xe, 0x10) x ::${I}", "x ::e, x ::f, x ::10"),
    ("~SEQ(I, 1, 2) ~SEQ(J, 3, 4) x $I $J", "x 1 3, x 1 4, x 2 3, x 2 4"),
    ("$N=2\n~SEQ(I, 1, $N) x $I", "x 1, x 2"),
    ("$B= \\\n x $I \\\n y\n~SEQ(I, 1, 2) $B", "x 1, y, x 2, y"),
    ("~LST(I, a, b c) x $I", "x a, x bc"),
    ("~LST({I, J}, {1, 2}, {3, 4}) x $I $J", "x 1 2, x 3 4"),
    ("~LST(I, 1, 2) ~SEQ(J, 2) x ${I}.${J}", "x 1.1, x 1.2, x 2.1, x 2.2"),
  ])
  func repetitions(_ text: String, _ expected: String) throws { #expect(try tree(text) == expected) }

  @Test(arguments: [
    "~SEQ", "~SEQ(", "~SEQ()", "~SEQ(I)", "~SEQ(I, )", "~SEQ(I, a) x", "~SEQ(I, 1, 0, 3) x", "~SEQ(I, 1, -1, 3) x",
    "~SEQ(I, 1, 2, 3, 4) x",
    "~SEQx(I, -3, 3) x", "~SEQ(I, 99999999999999999999) x", "~SEQ(I, 0x) x", "~LST(I)", "~LST({I, J}, {1}) x", "~LST({I, {1}) x",
    "~SEQy(I, 1) x",
  ])
  func noRepetition(_ text: String) throws {
    let fault = try #require(KeepalivedText(text).fault())
    #expect(
      fault
        == "k.conf:1: '\(text)' is no sequence; write ~SEQ(NAME, start, step, end) or ~LST(NAME, value, value), and the text to repeat"
    )
  }

  @Test func `included files are read in place, relative to the file that includes them`() throws {
    let others = [
      "sub/a.conf": "b\ninclude deep/c.conf\nd", "sub/deep/c.conf": "c ${_PWD}", "sub/z.conf": "z", "/etc/k.conf": "k",
    ]
    #expect(
      try tree("a {\ninclude sub/*\n}\ninclude /etc/k.conf\nincluder \"/etc/k.conf\"\ne", others)
        == "a[b, c sub/deep, d, z], k, k, e"
    )
  }

  @Test func `an included file that is not there is a line, not an error`() throws {
    let imported = try KeepalivedText("include none.conf").imported()
    #expect(
      imported.lines == [
        "k.conf:1: no file is 'none.conf'; check the path; keepalived goes on without it, and so does the import"
      ]
    )
  }

  @Test func `words of scripts`() {
    func words(_ text: String) -> [String]? {
      ScriptWords.words(
        Statement(
          words: Token.tokens(Array(text.utf8)).compactMap { if case .word(let word) = $0 { word } else { nil } },
          place: Place(file: "f", line: 1)
        )
      )
    }
    #expect(words("misc_path /bin/a") == ["/bin/a"])
    #expect(words("misc_path \"/bin/a b 'c d' e\\'f\"") == ["/bin/a", "b", "c d", "e'f"])
    #expect(words("misc_path \"/bin/a ''\"") == ["/bin/a", ""])
    #expect(words("misc_path \"/bin/a 'b\"") == nil)
    #expect(words("misc_path") == nil)
  }
}
