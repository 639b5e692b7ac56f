import Foundation

/// The result of `Tools/traffic/http-ask`.
struct HTTPResult: Decodable {
  let requests: Int
  let failed: Int
  let connections: Int
  /// Connections by real server.
  let servers: [String: Int]
  let errors: [String: Int]
  /// Duration of the slowest reply in seconds.
  let longest: Double

  /// A real server's share of the connections in percent.
  func share(_ server: String) -> Double { 100 * Double(servers[server] ?? 0) / Double(max(1, servers.values.reduce(0, +))) }
}

/// The result of `Tools/traffic/udp-ask`.
struct UDPResult: Decodable {
  let sent: Int
  let lost: Int
  /// Replies from another address than asked, or to a request that reached the real server with another client address.
  let foreign: Int
  /// Flows answered by more than one real server.
  let moved: Int
  let flows: Int
  /// Flows by real server.
  let servers: [String: Int]

  func share(_ server: String) -> Double { 100 * Double(servers[server] ?? 0) / Double(max(1, servers.values.reduce(0, +))) }
}

/// The result of `Tools/traffic/talk`, a long conversation.
struct TalkResult: Decodable {
  let exchanges: Int
  /// Segments that the client sent again, since they or their acknowledgment were lost.
  let retransmits: Int
}

/// Running traffic: started before an event, evaluated afterwards.
struct Traffic<Result: Decodable> {
  let running: Running
  let limit: Double

  func result() throws -> Result {
    let ended = try running.wait(within: limit)
    guard ended.status == 0 else { throw LabFailure("the traffic program failed: \(ended.text)") }
    return try JSONDecoder().decode(Result.self, from: Data(ended.output.utf8))
  }
}

extension Laboratory {
  /// HTTP requests from the client; see `Tools/traffic/http-ask` for the options.
  func http(_ options: String..., to address: String = vip) throws -> Traffic<HTTPResult> { try http(options, to: address) }

  func http(_ options: [String], to address: String = vip, within seconds: Double = 60) throws -> Traffic<HTTPResult> {
    try Traffic(running: start(.client, ["\(Self.tools)/traffic/http-ask", address] + options), limit: seconds)
  }

  func udp(_ options: String..., to address: String = vip, port: Int = 53) throws -> Traffic<UDPResult> {
    try udp(options, to: address, port: port)
  }

  func udp(_ options: [String], to address: String = vip, port: Int = 53, within seconds: Double = 60) throws -> Traffic<
    UDPResult
  > {
    try Traffic(running: start(.client, ["\(Self.tools)/traffic/udp-ask", address, "\(port)"] + options), limit: seconds)
  }

  /// One TCP connection from the client to the director's host itself, with a word and its echo every ten milliseconds.
  func talk(seconds: Double, port: Int = 2222) throws -> Traffic<TalkResult> {
    let talk = ["\(Self.tools)/traffic/talk", Self.directorAddress, "\(port)", "\(seconds)"]
    return try Traffic(running: start(.client, talk), limit: seconds + 20)
  }
}
