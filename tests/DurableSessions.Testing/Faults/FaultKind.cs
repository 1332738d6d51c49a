namespace DurableSessions.Testing;

/// <summary>What happens at one storage request of a scenario.</summary>
public enum FaultKind
{
    /// <summary>The process dies before the request is sent.</summary>
    DiesBefore,

    /// <summary>The process dies when storage has carried the request out.</summary>
    DiesAfter,

    /// <summary>The request is lost, or storage answers 503 or 429, in turn; the process goes on.</summary>
    NotCarriedOut,

    /// <summary>The answer is lost; the process goes on.</summary>
    AnswerLost,

    /// <summary>Storage has it twice: a copy arrives after everything is over.</summary>
    SentTwice,

    /// <summary>The client gives up; the request arrives after everything is over.</summary>
    ArrivesLate,

    /// <summary>Storage answers 500, so often that the storage client gives up.</summary>
    ServerErrors,

    /// <summary>Storage answers 412, although nothing has changed.</summary>
    Refused,
}
