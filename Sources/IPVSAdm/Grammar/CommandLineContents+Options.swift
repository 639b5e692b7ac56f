import Model

/// What each option says.
extension CommandLineContents {
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
  mutating func takeOther(_ option: Option, _ text: String, invalid: () -> Failure) throws(Failure) {
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
}
