namespace DurableSessions.Core.Appending;

/// <summary>By what a message may be found to be a repetition.</summary>
internal enum RepetitionMatch
{
    /// <summary>By nothing: it is stored.</summary>
    None,

    /// <summary>By the idempotency key of its request, with which it is stored or not.</summary>
    Key,

    /// <summary>By the name that its client gave it, or by its sources.</summary>
    Name,

    /// <summary>By what it says, for a short time.</summary>
    Content,
}
