/// The same of checkers.
extension Notes {
  mutating func uncarriedFurtherCheck(_ place: Place, _ keyword: String, beside chosen: String) {
    add(
      place,
      "\(keyword) is not carried beside \(chosen): a server has one check",
      "put both into a program and use kind script, if both are needed"
    )
  }

  mutating func uncarriedFurtherURL(_ statement: Statement) {
    add(
      statement.place,
      "a second url is not carried: a check asks for one",
      "let one page of the server answer for all, or use kind script"
    )
  }

  mutating func uncarriedDigest(_ statement: Statement) {
    add(
      statement.place,
      "'digest' is not carried: a check looks for text, not for a sum of the page",
      "add 'contains: TEXT' or 'matches: EXPRESSION' to the check; the status is checked"
    )
  }

  mutating func uncarriedPattern(_ statement: Statement) {
    add(
      statement.place,
      "'\(statement.keyword)' is not carried: expressions are POSIX extended ones, of at most 256 bytes and without options",
      "add 'matches: EXPRESSION' or 'contains: TEXT' to the check"
    )
  }

  mutating func uncarriedHTTPVersion(_ statement: Statement) {
    add(
      statement.place,
      "'\(statement.text)' is not carried: checks speak HTTP/1.1",
      "no change is needed, unless the server refuses that"
    )
  }

  mutating func uncarriedGreeting(_ statement: Statement) {
    add(
      statement.place,
      "'helo_name' is not carried: the check ends with the server's greeting",
      "use kind script, if a server greets that can't take mail"
    )
  }

  mutating func uncarriedReplyLength(_ statement: Statement) {
    add(
      statement.place,
      "'\(statement.keyword)' is not carried: replies have no limits of length",
      "add 'reply', a beginning or an expression"
    )
  }

  mutating func uncarriedHalfByte(_ statement: Statement) {
    add(statement.place, "x for half a byte is not carried", "xx is carried: any byte there is good")
  }

  mutating func uncarriedScriptGroup(_ statement: Statement) {
    add(
      statement.place,
      "the group in '\(statement.text)' is not carried: a script has its user's groups",
      "put the user into the group"
    )
  }

  mutating func uncarriedCommand(_ statement: Statement) {
    add(
      statement.place,
      "'\(statement.text)' is not carried: a command is an absolute path and words without spaces, of at most 1024 bytes",
      "put it into a script and give its path"
    )
  }

  mutating func uncarriedExitStatus(_ statement: Statement) {
    add(
      statement.place,
      "an exit status from 2 on means up with the weight status - 2, as with misc_dynamic; without it keepalived took each but 0 for down",
      "let the program end with 0 or 1"
    )
  }

  mutating func uncarriedFileWeight(_ statement: Statement) {
    add(
      statement.place,
      "FILE_CHECK is not carried: a file's number is the weight itself, not added to it",
      "use kind file, and write the weight or 'up' into the file"
    )
  }

  mutating func uncarriedBFD(_ statement: Statement) {
    add(statement.place, "BFD_CHECK is not carried: there are no BFD sessions", "use kind icmp or tcp with an interval of 100ms")
  }

  mutating func uncarriedCheckAddress(_ statement: Statement) {
    add(
      statement.place,
      "'connect_ip' is not carried: a check connects to the server's own address",
      "use kind script, if another address must be asked"
    )
  }

  mutating func uncarriedCheckBinding(_ statement: Statement) {
    add(
      statement.place,
      "'\(statement.keyword)' is not carried: a check has a source address, no interface, port or mark",
      "use 'source', and an 'ip rule' for that address"
    )
  }

  mutating func uncarriedFailureLog(_ statement: Statement) {
    add(
      statement.place,
      "'log_all_failures' is not carried: changes are logged",
      "'sluice status' shows a server's failures and their reason"
    )
  }
}
