namespace DurableSessions.Core.Semantics;

/// <summary>How a model has failed, as far as a user is shown it.</summary>
public enum ModelFailure
{
    /// <summary>It did not answer, or with an error that may pass.</summary>
    Away,

    /// <summary>It refused the question, and would refuse it again.</summary>
    Refused,

    /// <summary>It answered, and no answer can be used.</summary>
    Unusable,
}
