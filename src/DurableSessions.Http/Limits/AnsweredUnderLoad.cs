namespace DurableSessions.Http.Limits;

/// <summary>
/// Metadata of an endpoint that says how the host is: it is answered however busy storage is, and what it asks storage waits behind no
/// client's request.
/// </summary>
internal sealed class AnsweredUnderLoad;
