using Azure;

namespace DurableSessions.Engine.Hosts;

/// <summary>The blob by which a host says that it lives, as a listing shows it.</summary>
/// <param name="Host">The host.</param>
/// <param name="Ownership">For how long it is taken for alive after each write, and what it claims is its own.</param>
/// <param name="ETag">Another one after each write.</param>
/// <param name="LastModified">When it was last written, by storage's clock, in whole seconds.</param>
internal sealed record LivenessSign(OwnerHost Host, TimeSpan Ownership, ETag ETag, DateTimeOffset LastModified);
