/// Lines to a tree of blocks.
struct BlockReader {
  var lines: LineReader
  /// Open blocks: the statement that opened each, without its block.
  private var open: [Statement] = []
  /// What each open block has so far; first the file's.
  private var blocks: [[Statement]] = [[]]
  /// A statement of an earlier line that a brace may still follow.
  private var waiting: Statement?

  init(_ lines: LineReader) { self.lines = lines }

  mutating func read() throws(ConfigurationError) -> [Statement] {
    while let line = try lines.next() {
      var words: [Word] = []
      for token in Token.tokens(line.text) {
        switch token {
        case .word(let word): words.append(word)
        case .open:
          take(words, at: line.place)
          words = []
          try begin(at: line.place)
        case .close:
          take(words, at: line.place)
          words = []
          try end(at: line.place)
        }
      }
      take(words, at: line.place)
    }
    complete()
    if let statement = open.last {
      throw statement.place.error("the block of '\(statement.text)' is not closed", hint: "add a '}' after its last line")
    }
    return blocks[0]
  }

  /// A statement of its own, which waits for a brace.
  private mutating func take(_ words: [Word], at place: Place) {
    guard !words.isEmpty else { return }
    complete()
    waiting = Statement(words: words, place: place)
  }

  private mutating func complete() {
    if let waiting { blocks[blocks.count - 1].append(waiting) }
    waiting = nil
  }

  private mutating func begin(at place: Place) throws(ConfigurationError) {
    guard let statement = waiting else {
      throw place.error("a '{' is not after a keyword", hint: "remove it, or write what it is a block of")
    }
    waiting = nil
    guard open.count < ImportLimit.nesting else {
      throw place.error("blocks are more than \(ImportLimit.nesting) deep in one another", hint: "check the braces above")
    }
    open.append(statement)
    blocks.append([])
  }

  private mutating func end(at place: Place) throws(ConfigurationError) {
    complete()
    guard var statement = open.popLast() else {
      throw place.error("a '}' closes no block", hint: "remove it, or check the braces above")
    }
    statement.block = blocks.removeLast()
    blocks[blocks.count - 1].append(statement)
  }
}
