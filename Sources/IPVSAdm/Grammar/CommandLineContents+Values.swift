import Model

/// Reads the values of options, with ipvsadm's message for each that is wrong.
extension CommandLineContents {
  mutating func number(_ aspect: Aspect, _ text: String, in range: ClosedRange<Int>, _ message: String) throws(Failure)
    -> Int
  {
    try say(aspect)
    guard let number = Numbers.number(text, in: range) else { throw Failure(message) }
    return number
  }

  mutating func takeService(_ transport: ServiceProtocol, _ text: String, _ names: Names) throws(Failure) {
    try say(.service)
    guard let read = AddressAndPort(text, transport, names) else {
      throw Failure("illegal virtual server address[:port] specified")
    }
    (self.transport, address, port) = (transport, read.address, read.port ?? 0)
    if !read.address.isIPv4 { netmask = 128 }
  }

  mutating func takeMark(_ text: String) throws(Failure) {
    try say(.service)
    guard let mark = Numbers.number(text, in: 1...Int(UInt32.max)) else {
      throw Failure("invalid fwmark value `\(text)' specified")
    }
    self.mark = UInt32(mark)
    // Service names are looked up as those of TCP.
    transport = .tcp
  }

  mutating func takeNetmask(_ text: String, _ names: Names) throws(Failure) {
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

  mutating func takeServer(_ text: String, _ names: Names) throws(Failure) {
    try say(.server)
    guard let read = AddressAndPort(text, transport, names) else { throw Failure("illegal real server address[:port] specified") }
    server = ServerAddress(read.address, port: read.port ?? port)
  }

  mutating func takeMethod(_ method: Method) throws(Failure) {
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
