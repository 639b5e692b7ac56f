import Foundation
import Model

@testable import HealthCheck

let service = ServiceKey("tcp 10.0.0.100:80")!

func name(_ number: Int) -> ServerName { ServerName(IPAddress("10.1.\(number / 256).\(number % 256)")!, of: service) }

/// A check with these settings.
func check(_ settings: [String: CheckValue] = [:]) throws -> Check {
  let settings = ["kind": .text("tcp"), "jitter": .text("0s")].merging(settings) { $1 }
  guard let check = try HealthCheck(settings).check(of: service) else { throw NoCheck() }
  return check
}

struct NoCheck: Error {}
