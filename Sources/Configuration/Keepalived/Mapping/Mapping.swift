import Model

/// Blocks of keepalived to services.
struct Mapping {
  var notes: Notes
  var services: [VirtualService] = []
  /// Where each service comes from.
  var places: [ServiceKey: Place] = [:]
  var timeouts = Timeouts()
  var vrrp = VRRPPart()
  /// `virtual_server_group` by name.
  var groups: [String: Statement] = [:]
  /// `track_file` by name.
  var trackFiles: [String: TrackFile] = [:]
  /// `script_user`: who runs check scripts.
  var scriptUser: String?
  /// Servers of all services so far.
  private var servers = 0

  init(notes: Notes) { self.notes = notes }

  mutating func map(_ statements: [Statement]) throws(ConfigurationError) {
    // First what others refer to: keepalived allows any order.
    for statement in statements {
      takeGlobal(statement)
      if statement.keyword == "virtual_server" { notes.addBlocks(in: statement) }
    }
    var blocks: [(VirtualServerBlock, [ServiceKey])] = []
    var count = 0
    for statement in statements where statement.keyword == "virtual_server" {
      guard let block = virtualServer(statement) else { continue }
      let keys = try addresses(of: statement, block.transport)
      count += keys.count
      servers += keys.count * block.servers.count
      guard count <= ImportLimit.services, servers <= ImportLimit.servers else {
        throw statement.place.error(
          "up to here there are over \(ImportLimit.services) services or \(ImportLimit.servers) servers of them",
          hint: "check the ranges of the virtual_server_group"
        )
      }
      blocks.append((block, keys))
    }
    let vips = Set(blocks.lazy.flatMap(\.1).map(\.address))
    for (block, keys) in blocks { add(block, keys, vips: vips) }
    noteVRRP()
  }

  private mutating func add(_ block: VirtualServerBlock, _ keys: [ServiceKey], vips: Set<IPAddress>) {
    // Services of a group differ in nothing but address and port.
    var made: [ServiceForm: VirtualService?] = [:]
    for key in keys {
      let form = ServiceForm(port: key.port, isIPv4: key.address.isIPv4)
      if made[form] == nil { made[form] = .some(service(key, block, vips: vips)) }
      guard var service = made[form] ?? nil else { continue }
      service.key = key
      guard places[key] == nil else {
        notes.add(block.place, "there is another virtual_server for \(key)", "keep one; the first is carried")
        continue
      }
      places[key] = block.place
      services.append(service)
    }
    if keys.count > 1, let place = block.persistence.place, made.values.contains(where: { $0?.persistence != nil }) {
      notes.persistenceOfGroup(place)
    }
  }

  private struct ServiceForm: Hashable {
    var port: UInt16
    var isIPv4: Bool
  }
}

extension Notes {
  private static let blocks = Set(["virtual_server", "real_server", "url", "host"] + Checker.keywords)

  /// Words before a brace that open no block of keepalived's: two keywords in one line, of which it sees only the first.
  // Recursion is bounded by `ImportLimit.nesting`.
  mutating func addBlocks(in statement: Statement) {
    for inner in statement.statements {
      if inner.block != nil, !Self.blocks.contains(inner.keyword) {
        add(inner.place, "'\(inner.text)' begins a block", "write each keyword in a line of its own; the block is left out")
      } else {
        addBlocks(in: inner)
      }
    }
  }

  mutating func addUnknown(_ statement: Statement, in block: String, known: [String]) {
    // Looking for the nearest keyword takes the longest of all, and a file may have nothing but unknown ones.
    if isFull { return drop() }
    let keyword = YAMLValue.excerpt(statement.keyword)
    add(
      statement.place,
      "unknown keyword '\(keyword)' in \(block)",
      UnknownName.nearest(to: keyword, in: known).map { "did you mean '\($0)'?" } ?? "it is left out"
    )
  }

  /// A value that is not what the keyword takes.
  mutating func addBad(_ statement: Statement, _ form: String) {
    add(statement.place, "'\(statement.text)' is not carried", "write \(form)")
  }
}
