WITH audience AS (
  /* prospects of lahti_energia */
  SELECT
    persons.person_id,
    2026 - persons.birth_year AS age
  FROM persons
  WHERE
    persons.controller = 'lahti_energia'
    AND (
      persons.ended_on IS NULL OR persons.ended_on > CAST('2026-11-24' AS DATE)
    )
    AND NOT persons.person_id IN (
      SELECT
        person_id
      FROM contracts
      WHERE
        contracts.controller = 'lahti_energia' AND NOT contracts.person_id IS NULL
    )
    AND NOT persons.person_id IN (
      SELECT
        person_id
      FROM relationships
      WHERE
        relationships.controller = 'lahti_energia'
        AND (
          relationships.kind = 'former_customer'
          OR (
            relationships.kind = 'customer' AND end_date < CAST('2026-11-24' AS DATE)
          )
        )
    )
), line_7 AS (
  /* prospects.yml:7: age less than 18 years */
  SELECT
    people.*,
    people.age < 18 AS line_7
  FROM audience AS people
), line_8 AS (
  /* prospects.yml:8: subscribed on more than 6 months ago */
  SELECT
    people.*,
    found.value < CAST('2026-05-24' AS DATE) AS line_8
  FROM line_7 AS people
  LEFT JOIN (
    SELECT
      person_id,
      MIN(start_date) AS value
    FROM relationships
    WHERE
      (
        relationships.controller = 'lahti_energia' AND kind = 'subscriber'
      )
      AND (
        (
          relationships.start_date IS NULL
          OR relationships.start_date <= CAST('2026-11-24' AS DATE)
        )
        AND (
          relationships.end_date IS NULL
          OR relationships.end_date >= CAST('2026-11-24' AS DATE)
        )
      )
    GROUP BY
      person_id
  ) AS found
    USING (person_id)
), line_6 AS (
  /* prospects.yml:6: none of these lines */
  SELECT
    people.*,
    NOT (
      people.line_7 OR people.line_8
    ) AS line_6
  FROM line_8 AS people
)
SELECT
  person_id
FROM line_6
WHERE
  line_6
ORDER BY
  person_id
