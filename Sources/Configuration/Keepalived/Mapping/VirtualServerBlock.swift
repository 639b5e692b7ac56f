import Model

/// A `virtual_server` without its addresses.
struct VirtualServerBlock {
  let place: Place
  var transport = TransportProtocol.tcp
  /// IPVS's default, and keepalived's.
  var scheduler = Scheduler.wlc
  var flags: SchedulerFlags = []
  var persistence = PersistenceSettings()
  var onePacket = false
  var quorum = 1
  var hysteresis = 0
  var settings = CheckerSettings()
  /// Nil: masquerading, keepalived's default.
  var forwarding: ServerForwarding?
  var forwardingPlace: Place
  var weight = 1
  var sorry: RealServerBlock?
  var servers: [RealServerBlock] = []
  var hooks = Hooks()

  init(_ place: Place) {
    self.place = place
    forwardingPlace = place
  }
}

extension Mapping {
  private static let known =
    CheckerSettings.keywords + [
      "lb_algo", "lvs_sched", "lb_kind", "lvs_method", "protocol", "quorum", "hysteresis", "weight", "sorry_server",
      "sorry_server_inhibit", "sorry_server_lvs_method", "real_server", "persistence_timeout", "persistence_granularity",
      "persistence_engine", "ops", "hashed", "flag-1", "flag-2", "flag-3", "sh-port", "sh-fallback", "mh-port", "mh-fallback",
      "quorum_up", "quorum_down", "omega", "ha_suspend", "smtp_alert", "snmp_name", "ip_family",
    ]

  /// Nil, with a note, if nothing of it can be carried.
  mutating func virtualServer(_ statement: Statement) -> VirtualServerBlock? {
    if statement.argument == "fwmark" {
      notes.uncarriedMark(statement)
      return nil
    }
    var block = VirtualServerBlock(statement.place)
    var isCarried = true
    var onePacket: Statement?
    for inner in statement.statements {
      switch inner.keyword {
      case "lb_algo", "lvs_sched": block.scheduler = scheduler(inner) ?? block.scheduler
      case "lb_kind", "lvs_method":
        block.forwarding = notes.forwarding(inner) ?? block.forwarding
        block.forwardingPlace = inner.place
      case "protocol":
        guard let transport = inner.argument.flatMap({ TransportProtocol(name: $0.lowercased()) }) else {
          notes.uncarriedProtocol(inner)
          isCarried = false
          continue
        }
        block.transport = transport
      case "quorum": block.quorum = notes.number(inner, 1...Int(UInt32.max)) ?? block.quorum
      case "hysteresis": block.hysteresis = notes.number(inner, 0...Int(UInt32.max)) ?? block.hysteresis
      case "weight": block.weight = notes.number(inner, RealServer.weights) ?? block.weight
      case "sorry_server": block.sorry = serverAddress(inner)
      case "sorry_server_inhibit": notes.uncarriedSorryInhibition(inner)
      case "sorry_server_lvs_method":
        let forwarding = notes.forwarding(inner)
        if block.sorry == nil { notes.addBad(inner, "it below sorry_server") }
        block.sorry?.take(forwarding, at: inner.place)
      // Its own settings may stand below: servers are read when all of them are known.
      case "real_server": break
      case "persistence_timeout", "persistence_granularity": notes.takePersistence(inner, &block.persistence)
      case "persistence_engine": notes.uncarriedPersistenceEngine(inner)
      case "ops": onePacket = inner
      case "flag-1": block.flags.insert(.fallback)
      case "flag-2": block.flags.insert(.port)
      case "flag-3": block.flags.insert(.third)
      case "sh-port", "sh-fallback", "mh-port", "mh-fallback":
        if let flag = flag(inner, of: block.scheduler) { block.flags.insert(flag) }
      case "hashed": notes.uncarriedHashed(inner)
      case "quorum_up": notes.takeHook(inner, .quorumUp, &block.hooks)
      case "quorum_down": notes.takeHook(inner, .quorumLost, &block.hooks)
      // Whether a stop runs commands, too.
      case "omega": notes.uncarriedHook(inner)
      case "ha_suspend": notes.uncarriedSuspension(inner)
      // Mails are the default for servers, so only a wish for them is worth a line.
      case "smtp_alert": if notes.truth(inner) == true { notes.uncarriedMail(inner.place) }
      case "snmp_name": notes.uncarriedName(inner)
      case "ip_family": break
      default:
        if !block.settings.take(inner, &notes) { notes.addUnknown(inner, in: "virtual_server", known: Self.known) }
      }
    }
    guard isCarried else { return nil }
    // The protocol may stand below.
    if let onePacket {
      block.onePacket = block.transport == .udp
      if !block.onePacket { notes.uncarriedOnePacket(onePacket) }
    }
    for inner in statement.statements where inner.keyword == "real_server" {
      if let server = realServer(inner, of: &block) { block.servers.append(server) }
    }
    if block.servers.isEmpty {
      notes.add(statement.place, "'\(statement.text)' has no server that is carried", "it is left out; give it one")
      return nil
    }
    return block
  }

  private mutating func scheduler(_ statement: Statement) -> Scheduler? {
    // maglev is no name of keepalived's.
    if let name = statement.argument, name != Scheduler.maglev.rawValue, let scheduler = Scheduler(rawValue: name) {
      return scheduler
    }
    notes.addBad(statement, "one of \(Scheduler.allCases.filter { $0 != .maglev }.map(\.rawValue).joined(separator: ", "))")
    return nil
  }

  /// `sh-port`: keepalived takes it only below the line of its scheduler.
  private mutating func flag(_ statement: Statement, of scheduler: Scheduler) -> SchedulerFlags? {
    let parts = statement.keyword.split(separator: "-").map { String($0) }
    guard parts[0] == scheduler.rawValue else {
      notes.uncarriedFlag(statement, scheduler: parts[0])
      return nil
    }
    return SchedulerFlags(names: [parts[1]])
  }
}
