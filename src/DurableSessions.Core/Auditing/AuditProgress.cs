namespace DurableSessions.Core.Auditing;

/// <summary>How far an audit has come.</summary>
/// <param name="Stage">What is looked at.</param>
/// <param name="Sessions">Sessions checked so far.</param>
/// <param name="Archives">Archives read so far.</param>
/// <param name="Messages">Messages read so far.</param>
/// <param name="Blobs">Blobs looked at for orphans so far.</param>
public readonly record struct AuditProgress(string Stage, long Sessions, long Archives, long Messages, long Blobs);
