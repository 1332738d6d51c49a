namespace DurableSessions.Semantics.Extractive;

/// <summary>What a sentence is to a reader who comes later; the order is the overview's.</summary>
internal enum StatementKind
{
    /// <summary>A wish, or a question with its answer.</summary>
    Asked,

    /// <summary>A wish or rule that holds from now on.</summary>
    Preference,

    /// <summary>What was chosen.</summary>
    Decision,

    /// <summary>What was done, found or broken.</summary>
    Done,

    /// <summary>Anything else worth knowing.</summary>
    Fact,

    /// <summary>What is still to be done or answered.</summary>
    Open,
}
