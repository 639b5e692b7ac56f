import Model

/// What the options of a command line have said so far.
struct CommandLineContents {
  static let commands: Set<Option> = [
    .addService, .editService, .deleteService, .clear, .list, .zero, .addServer, .editServer, .deleteServer, .set, .help,
    .version, .restore, .save, .startDaemon, .stopDaemon,
  ]

  private(set) var given: Set<Aspect> = []
  // The service.
  private(set) var transport: ServiceProtocol?
  private(set) var address: IPAddress?
  private(set) var port: UInt16 = 0
  private(set) var mark: UInt32 = 0
  /// Of a firewall mark.
  private(set) var isIPv6Mark = false
  private(set) var scheduler = ""
  private(set) var schedulerFlags: SchedulerFlags = []
  private var schedulerFlagText = ""
  private(set) var persistence: Int?
  private(set) var netmask: UInt32 = .max
  private(set) var engine: String?
  // The server.
  private(set) var server = ServerAddress(IPAddress(word: 0))
  private(set) var method = Method.gatewaying
  private(set) var tunnelType = TunnelType.ipip
  private(set) var tunnelPort: Int?
  private(set) var weight = 1
  private(set) var upperThreshold = 0
  private(set) var lowerThreshold = 0
  private(set) var timeouts = TimeoutChange()

  enum Method { case gatewaying, ipip, masquerading }

  /// Whether what is known of the service so far is IPv6: `-M` goes by it, and so must follow the service.
  var isIPv6: Bool { mark > 0 ? isIPv6Mark : address.map { !$0.isIPv4 } ?? false }

  private mutating func say(_ aspect: Aspect) throws(Failure) {
    guard given.insert(aspect).inserted else { throw Failure("multiple '\(aspect.rawValue)' options specified") }
  }

  /// - Parameter invalid: the failure for an option that may only be the first.
  mutating func take(_ option: Option, _ value: String?, _ names: Names, invalid: () -> Failure) throws(Failure) {
    let text = value ?? ""
    switch option {
    case .tcpService: try takeService(.tcp, text, names)
    case .udpService: try takeService(.udp, text, names)
    case .sctpService: try takeService(.sctp, text, names)
    case .fwmarkService: try takeMark(text)
    case .ipv6:
      // ipvsadm's message has a line end of its own.
      guard mark > 0 else { throw Failure("-6 used before -f\n") }
      (isIPv6Mark, netmask) = (true, 128)
    case .scheduler:
      try say(.scheduler)
      scheduler = text
    case .schedulerFlags:
      try say(.schedulerFlags)
      schedulerFlagText = text
    case .persistent:
      try say(.persistent)
      persistence =
        try value.map { value throws(Failure) in try Self.timeout(value, in: Persistence.timeouts) } ?? Persistence.usualTimeout
    case .netmask: try takeNetmask(text, names)
    case .onePacket: try say(.onePacket)
    case .engine:
      try say(.engine)
      engine = text.isEmpty ? nil : text
    case .realServer: try takeServer(text, names)
    case .gatewaying: try takeMethod(.gatewaying)
    case .ipip: try takeMethod(.ipip)
    case .masquerading: try takeMethod(.masquerading)
    case .tunnelType:
      try say(.tunnelType)
      guard let type = TunnelType(rawValue: text) else { throw Failure("illegal tunnel type specified") }
      tunnelType = type
    case .tunnelPort: tunnelPort = try number(.tunnelPort, text, in: 1...65535, "illegal tunnel port specified")
    case .tunnelNoChecksum: try say(.tunnelNoChecksum)
    case .tunnelChecksum: try say(.tunnelChecksum)
    case .tunnelRemoteChecksum: try say(.tunnelRemoteChecksum)
    case .weight: weight = try number(.weight, text, in: RealServer.weights, "illegal weight specified")
    case .upperThreshold:
      upperThreshold = try number(.upperThreshold, text, in: RealServer.thresholds, "illegal u_threshold specified")
    case .lowerThreshold:
      lowerThreshold = try number(.lowerThreshold, text, in: RealServer.thresholds, "illegal l_threshold specified")
    default: try takeOther(option, text, invalid: invalid)
    }
  }

  /// Options of lists and of the daemon.
  private mutating func takeOther(_ option: Option, _ text: String, invalid: () -> Failure) throws(Failure) {
    switch option {
    case .numeric: try say(.numeric)
    case .connection: try say(.connection)
    case .timeout: try say(.timeout)
    case .daemon: try say(.daemon)
    case .stats: try say(.stats)
    case .rate: try say(.rate)
    case .thresholds: try say(.thresholds)
    case .persistentConnections: try say(.persistentConnections)
    case .tunnelInfo: try say(.tunnelInfo)
    case .noSort: try say(.noSort)
    case .sort: break
    case .exact: try say(.exact)
    case .multicastInterface: try say(.multicastInterface)
    case .syncID: _ = try number(.syncID, text, in: 0...255, "illegal syncid specified")
    case .multicastGroup:
      try say(.multicastGroup)
      let isIPv6 = text.contains(":")
      let group = isIPv6 ? Numbers.ipv6(text) : IPAddress(text)
      guard let group, group.isMulticast else { throw Failure("invalid IPv\(isIPv6 ? 6 : 4) mcast-group `\(text)'") }
    case .multicastPort: _ = try number(.multicastPort, text, in: 1...65535, "illegal mcast-port specified")
    case .multicastTTL: _ = try number(.multicastTTL, text, in: 1...255, "illegal mcast-ttl specified")
    // A UDP datagram less its headers.
    case .syncLength: _ = try number(.syncLength, text, in: 1...65507, "illegal sync-maxlen specified")
    default: throw invalid()
    }
  }

  private mutating func number(_ aspect: Aspect, _ text: String, in range: ClosedRange<Int>, _ message: String) throws(Failure)
    -> Int
  {
    try say(aspect)
    guard let number = Numbers.number(text, in: range) else { throw Failure(message) }
    return number
  }

  private mutating func takeService(_ transport: ServiceProtocol, _ text: String, _ names: Names) throws(Failure) {
    try say(.service)
    guard let read = AddressAndPort(text, transport, names) else {
      throw Failure("illegal virtual server address[:port] specified")
    }
    (self.transport, address, port) = (transport, read.address, read.port ?? 0)
    if !read.address.isIPv4 { netmask = 128 }
  }

  private mutating func takeMark(_ text: String) throws(Failure) {
    try say(.service)
    guard let mark = Numbers.number(text, in: 1...Int(UInt32.max)) else {
      throw Failure("invalid fwmark value `\(text)' specified")
    }
    self.mark = UInt32(mark)
    // Service names are looked up as those of TCP.
    transport = .tcp
  }

  private mutating func takeNetmask(_ text: String, _ names: Names) throws(Failure) {
    try say(.netmask)
    if isIPv6 {
      guard case let length = Numbers.leadingNumber(text), 1...128 ~= length else {
        throw Failure("illegal ipv6 netmask specified")
      }
      netmask = UInt32(length)
    } else {
      guard let mask = Numbers.ipv4(text) ?? names.address(text) else {
        throw Failure("illegal virtual server persistent mask specified")
      }
      netmask = mask.word
    }
  }

  private mutating func takeServer(_ text: String, _ names: Names) throws(Failure) {
    try say(.server)
    guard let read = AddressAndPort(text, transport, names) else { throw Failure("illegal real server address[:port] specified") }
    server = ServerAddress(read.address, port: read.port ?? port)
  }

  private mutating func takeMethod(_ method: Method) throws(Failure) {
    try say(.method)
    self.method = method
  }

  static func timeout(_ text: String, in range: ClosedRange<Int>) throws(Failure) -> Int {
    guard let seconds = Numbers.number(text, in: range) else { throw Failure("invalid timeout value `\(text)' specified") }
    return seconds
  }

  /// The three values of `--set`, which are words of their own.
  mutating func takeTimeouts(_ words: inout ArraySlice<String>) throws(Failure) {
    guard words.count >= 3 else { throw Failure("--set option requires 3 timeout values") }
    var seconds: [Int?] = []
    for word in words.prefix(3) {
      let value = try Self.timeout(word, in: 0...TimeoutChange.range.upperBound)
      seconds.append(value == 0 ? nil : value)
    }
    words = words.dropFirst(3)
    timeouts = TimeoutChange(established: seconds[0], finWait: seconds[1], udp: seconds[2])
  }

  /// Once the scheduler is known.
  mutating func readSchedulerFlags() throws(Failure) {
    let scheduler = scheduler.isEmpty ? TableCommand.ServiceSettings.usualScheduler : scheduler
    for name in schedulerFlagText.split(separator: ",") {
      guard let (flag, owner) = Self.flags["\(name)"] else { throw Failure("invalid scheduler flag `\(name)'") }
      guard owner == nil || owner == scheduler else { throw Failure("incompatible scheduler flag `\(name)'") }
      schedulerFlags.insert(flag)
    }
  }

  /// The flag of each name, and the scheduler whose name it is.
  static let flags: [String: (SchedulerFlags, String?)] = [
    "flag-1": (.fallback, nil), "flag-2": (.port, nil), "flag-3": (.third, nil),
    "sh-fallback": (.fallback, "sh"), "sh-port": (.port, "sh"),
    "mh-fallback": (.fallback, "mh"), "mh-port": (.port, "mh"),
  ]

  /// The value of `--start-daemon` and `--stop-daemon`.
  static func checkDaemon(_ option: Option, _ value: String) throws(Failure) {
    guard ["master", "backup"].contains(value) else {
      throw Failure(option == .startDaemon ? "illegal start-daemon parameter specified" : "illegal start_daemon specified")
    }
  }
}
