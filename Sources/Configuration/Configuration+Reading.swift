import ABI
import Model

extension Configuration {
  /// Reads the text of a configuration file.
  ///
  /// - Parameter file: its name in errors.
  /// - Parameter needsInterfaces: whether `director.interfaces` is required: to start a director, but not for a file that is only
  ///   applied.
  /// - Parameter staticTopology: what the `replay` section must contain.
  package init(
    yaml text: String,
    file: String,
    needsInterfaces: Bool = true,
    staticTopology need: StaticTopology.Need = .optional
  ) throws(ConfigurationError) {
    let root = try YAMLValue(node: YAMLText.compose(text, file: file), file: file, path: "")
    let fields = try root.fields(["director", "timeouts", "services", "replay"])
    director = DirectorSettings()
    if needsInterfaces || fields["director"] != nil {
      let part = try fields.required("director", example: "{ interfaces: [eth0] }")
      director = try DirectorSettings(part, needsInterfaces: needsInterfaces)
    }
    timeouts = try fields["timeouts"].map { value throws(ConfigurationError) in try Timeouts(value) } ?? Timeouts()
    table = try fields["services"].map { value throws(ConfigurationError) in try ServiceTable(value) } ?? ServiceTable()
    staticTopology = StaticTopology()
    if need == .everything || fields["replay"] != nil {
      let part = try fields.required("replay", example: "{ interfaces: { eth0: { mac: 02:00:00:00:00:02 } } }")
      var attached = director.interfaces
      if case .changes(let interfaces) = need { attached = interfaces }
      staticTopology = try StaticTopology(part, attached: attached, need: need)
    }
  }

  /// The same from the file's bytes.
  package init(
    utf8 bytes: some Sequence<UInt8>,
    file: String,
    needsInterfaces: Bool = true,
    staticTopology need: StaticTopology.Need = .optional
  ) throws(ConfigurationError) {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ConfigurationError(file: file, what: "the file is not UTF-8 text", hint: "save it as UTF-8")
    }
    try self.init(yaml: text, file: file, needsInterfaces: needsInterfaces, staticTopology: need)
  }
}

extension DirectorSettings {
  init(_ value: YAMLValue, needsInterfaces: Bool) throws(ConfigurationError) {
    self.init()
    let fields = try value.fields([
      "interfaces", "mac-addresses", "workers", "socket", "addresses", "busy-poll", "huge-pages", "mode", "copy", "checksums",
      "hash-key", "flows",
      "limits", "hooks",
    ])
    if needsInterfaces || fields["interfaces"] != nil {
      interfaces = try Self.interfaces(fields.required("interfaces", example: "[eth0]"))
    }
    if let value = fields["mac-addresses"] { macAddresses = try Self.macAddresses(value, of: interfaces) }
    if let value = fields["workers"], value.node.scalar?.string != "all" {
      workers = try .count(value.number(in: WorkerCount.range))
    }
    if let value = fields["socket"] { socket = try Self.socket(value) }
    if let value = fields["addresses"] { addresses = try value.choice(AddressPolicy.self) }
    if let value = fields["busy-poll"] { busyPoll = try value.number(in: Self.busyPollRange) }
    if let value = fields["huge-pages"] { hugePages = try value.choice(HugePages.self) }
    if let value = fields["mode"] { mode = try value.choice(AttachMode.self) }
    if let value = fields["copy"] { copy = try value.choice(CopyMode.self) }
    if let value = fields["checksums"] { checksums = try value.choice(ChecksumMode.self) }
    if let value = fields["hash-key"] { hashKeyText = try value.parsed("some text") { $0.isEmpty ? nil : $0 } }
    if let value = fields["flows"] {
      flows = try value.number(in: Self.flowRange)
      if flows & (flows - 1) != 0 {
        throw value.error("\(value.path) is \(flows)", hint: "write a power of two, such as 1048576")
      }
    }
    if let value = fields["limits"] { limits = try Limits(value) }
    if let value = fields["hooks"] { hooks = try Hooks(value) }
  }

  private static func interfaces(_ value: YAMLValue) throws(ConfigurationError) -> [String] {
    let items = try value.list()
    guard 1...mostInterfaces ~= items.count else {
      throw value.error("\(value.path) has \(items.count) names", hint: "write 1 to \(mostInterfaces), such as [eth0]")
    }
    var names: [String] = []
    for item in items {
      let name = try item.parsed("an interface name as 'ip link' shows it, at most 15 bytes") { isInterfaceName($0) ? $0 : nil }
      if names.contains(name) { throw item.error("interface \(name) is given twice", hint: "keep one") }
      names.append(name)
    }
    return names
  }

  private static func macAddresses(
    _ value: YAMLValue,
    of interfaces: [String]
  ) throws(ConfigurationError) -> [String: [MACAddress]] {
    var addresses: [String: [MACAddress]] = [:]
    for (key, list) in try value.entries(of: "lists of MAC addresses by interface, such as { eth0: [02:00:00:00:00:03] }") {
      let name = try key.text()
      guard interfaces.isEmpty || interfaces.contains(name) else {
        throw key.error(
          "interface \(YAMLValue.excerpt(name)) is not in director.interfaces",
          hint: UnknownName.hint(name, known: interfaces)
        )
      }
      guard addresses[name] == nil else { throw key.error("interface \(name) is given twice in \(value.path)", hint: "keep one") }
      let items = try list.list()
      let most = Int(SLUICE_FURTHER_MACS)
      guard items.count <= most else {
        throw list.error("\(list.path) has \(items.count) MAC addresses", hint: "write at most \(most)")
      }
      var macs: [MACAddress] = []
      for item in items {
        let mac = try item.macAddress()
        if macs.contains(mac) { throw item.error("MAC address \(mac) is given twice", hint: "keep one") }
        macs.append(mac)
      }
      addresses[name] = macs
    }
    return addresses
  }

  private static func socket(_ value: YAMLValue) throws(ConfigurationError) -> String {
    let longest = DirectorSettings.longestSocketPath
    return try value.parsed("an absolute path of at most \(longest) bytes") {
      $0.hasPrefix("/") && $0.utf8.count <= longest ? $0 : nil
    }
  }
}

extension Limits {
  fileprivate init(_ value: YAMLValue) throws(ConfigurationError) {
    self.init()
    let fields = try value.fields(["services", "servers", "ring-slots"])
    if let value = fields["services"] { services = try value.number(in: Self.serviceRange) }
    if let value = fields["servers"] { servers = try value.number(in: Self.serverRange) }
    if let value = fields["ring-slots"] {
      let slots = try value.number(in: Self.ringSlotRange)
      let block = Int(SLUICE_RING_BLOCK)
      if slots % block != 0 {
        let next = (slots / block + 1) * block
        throw value.error("\(value.path) is \(slots)", hint: "write a multiple of \(block), such as \(next)")
      }
      ringSlots = slots
    }
  }
}

extension Timeouts {
  fileprivate init(_ value: YAMLValue) throws(ConfigurationError) {
    self.init()
    let fields = try value.fields(["syn-received", "established", "fin-wait", "close", "udp"])
    if let value = fields["syn-received"] { synReceived = try value.number(in: Self.range) }
    if let value = fields["established"] { established = try value.number(in: Self.range) }
    if let value = fields["fin-wait"] { finWait = try value.number(in: Self.range) }
    if let value = fields["close"] { close = try value.number(in: Self.range) }
    if let value = fields["udp"] { udp = try value.number(in: Self.range) }
  }
}
